"""What an implementation did otherwise at the end of a run, in the trace and in its file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quorate.traces import BothSides, Departure, TraceError, dumps_itf, loads_itf, validate

from .samples import PaxosRun

SIDES = (
    BothSides("max_bal[a0]", "never", "b1", "never"),
    BothSides("max_vbal[a0]", "never", "never", "never"),
    BothSides("sent", "", "Promise(a=a0, b=b1)", None),
)


def test_a_file_gives_back_the_departure() -> None:
    run = PaxosRun()
    run.phase1a("b1")
    for taken, tried in ((True, "phase1a(b=b1)"), (False, "phase1b(a=a0, b=b2)"), (False, None)):
        departure = Departure("it does not end in the model's state", tried, taken, SIDES)
        trace = replace(run.trace(), departure=departure)
        assert loads_itf(dumps_itf(trace)) == trace
    assert loads_itf(dumps_itf(run.trace())).departure is None


def test_only_what_both_show_differs() -> None:
    assert [side.differs for side in SIDES] == [True, False, False]


def test_a_step_that_is_taken_is_the_last_of_the_run() -> None:
    trace = replace(PaxosRun().trace(), departure=Departure("it refuses", "phase1a(b1)", True))
    with pytest.raises(TraceError, match="departure: found a step that is taken"):
        validate(trace)
