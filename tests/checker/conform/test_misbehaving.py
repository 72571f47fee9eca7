"""What no adapter should do is said, with the adapter's own line, and is never a bug of ours."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from quorate.checker.conform.adapter import AdapterError, Setting
from quorate.checker.conform.adapters.calls import Caller
from quorate.checker.conform.adapters.process import AdapterProcess
from quorate.checker.tracing.reading import MOST_SHOWN, _listed
from quorate.traces import FrozenMap

from . import misbehaving

FILE = Path(__file__).with_name("misbehaving.py")
SETTING = Setting("Paxos", (), FrozenMap({}))
CALL = "phase1a", {"b": "b1"}


def test_an_argument_that_the_action_does_not_have() -> None:
    caller = Caller(misbehaving.ChoosesWhatIsNotThere())
    with pytest.raises(AdapterError, match="chose promised, which phase1a does not have; it has b"):
        caller.perform(*CALL)


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (misbehaving.NoMethod, "stop is the number 5, expected a method"),
        (misbehaving.CannotStop, "stop raised OSError: the port is taken"),
    ],
)
def test_what_is_stopped_before_it_starts_again(cls: type[misbehaving.Quiet], message: str) -> None:
    caller = Caller(cls())
    caller.start(SETTING)
    with pytest.raises(AdapterError, match=message):
        caller.start(SETTING)


def test_the_line_is_the_adapters_own_and_not_the_kits() -> None:
    line = inspect.getsourcelines(misbehaving.Fails.prepare)[1] + 1
    with pytest.raises(AdapterError) as raised:
        Caller(misbehaving.Fails()).perform(*CALL)
    assert str(raised.value) == f"perform raised OSError: no disk, {FILE}:{line}"


def test_the_parent_answers_where_an_adapter_forks() -> None:
    with AdapterProcess(f"{FILE}:Forks") as adapter:
        adapter.start(SETTING)
        for _ in range(3):
            assert adapter.perform(*CALL) == frozenset()
        assert len(list(adapter.probe([CALL, CALL]))) == 2


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Interrupts", "perform raised KeyboardInterrupt: nobody pressed it"),
        ("ClosesEverything", r"the adapter's process ended in perform .*: exit code 1$"),
    ],
)
def test_what_ends_a_process_is_said(name: str, message: str) -> None:
    with (
        pytest.raises(AdapterError, match=message),
        AdapterProcess(f"{FILE}:{name}") as adapter,
    ):
        adapter.start(SETTING)
        adapter.perform(*CALL)


def test_of_many_keys_some_are_shown() -> None:
    assert _listed(["a0", "a1"]) == "a0, a1"
    assert _listed([]) == "none"
    assert _listed([f"a{k}" for k in range(1000)]).endswith(f"a{MOST_SHOWN - 1}, and 980 more")
