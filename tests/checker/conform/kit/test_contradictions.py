"""A contradiction is a difference, wherever it comes from: in a replay, in a step, in a probe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quorate.checker.conform.adapters.answers import InProcess
from quorate.checker.conform.adapters.calls import Caller
from quorate.checker.conform.adapters.process import AdapterProcess
from quorate.checker.conform.driving.comparing import Kind
from quorate.checker.conform.driving.conformance import Driven, DriveOptions, conform
from quorate.checker.conform.replaying.replay import ReplayVerdict, replay

from ....support.runs import run_of
from .doors import Doors, DoorsAdapter, EarlyDoorsAdapter, LateDoorsAdapter

CASES = [
    (DoorsAdapter, "open", "pushed 1 times"),
    (LateDoorsAdapter, "open", "pushed 2 times"),
    (EarlyDoorsAdapter, "start", "pushed 0 times"),
]


@pytest.mark.parametrize("in_a_process", [False, True])
@pytest.mark.parametrize(("adapter", "action", "text"), CASES)
def test_it_is_a_difference(
    adapter: type[DoorsAdapter], action: str, text: str, in_a_process: bool
) -> None:
    def conformed(subject: Any) -> Driven:
        return conform(Doors, "x:Doors", Doors.sized(), subject, DriveOptions())

    if in_a_process:
        name = f"{Path(__file__).with_name('doors.py')}:{adapter.__name__}"
        with AdapterProcess(name, 60) as process:
            found = conformed(process)
    else:
        found = conformed(InProcess(Caller(adapter())))
    (difference,) = found.differences
    assert (difference.kind, difference.action) == (Kind.CONTRADICTS, action)
    assert (difference.unlike.code, difference.seen_again) == (text, 2)


def test_it_is_a_difference_in_a_replay() -> None:
    trace = run_of(Doors, {}, [("open", {})])
    found = replay(trace, Doors, DoorsAdapter())
    assert found.verdict is ReplayVerdict.DIVERGES
    assert found.divergence is not None
    assert (found.divergence.step, found.divergence.implementation) == (1, "pushed 1 times")
    assert replay(trace, Doors, LateDoorsAdapter()).verdict is ReplayVerdict.CONFORMS
    assert replay(trace, Doors, EarlyDoorsAdapter()).verdict is ReplayVerdict.DIVERGES
