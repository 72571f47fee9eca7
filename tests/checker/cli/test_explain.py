"""`quorate explain`: each guard, what is missing, what would enable it, what it would change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import quorate
from quorate.checker.cli.main import run
from quorate.checker.results import Move
from quorate.checker.tracing.build import make_trace
from quorate.checker.tracing.calls import call_of
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter
from quorate.model.paxos import Paxos
from quorate.traces import Trace, write_itf

STEPS = ["phase1a(b1)", "phase1a(b2)", "phase1b(a=a0, b=b1)", "phase1b(a1, b1)", "phase1b(a0, b2)"]


@pytest.fixture(scope="module")
def trace() -> Trace:
    """A run of Paxos up to a promise for the second ballot."""
    sizes = Paxos.sized(Acceptor=3, Ballot=2, Value=2)
    with sizes:
        interpreter = Interpreter(Paxos, sizes)
        (initial,) = interpreter.initial()
        state, path = initial, []
        for text in STEPS:
            action, arguments = call_of(text, describe(Paxos))
            assert arguments is not None
            after = interpreter.step(state, action, arguments)
            assert after is not None
            path.append(Move(action, arguments, after))
            state = after
    return make_trace(Paxos, "Paxos", sizes, initial, path)


@pytest.fixture
def file(trace: Trace, tmp_path: Path) -> str:
    write_itf(trace, tmp_path / "run.itf.json")
    return str(tmp_path / "run.itf.json")


def test_what_is_missing_and_what_would_enable_it(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", file, "--at", "4", "phase2a(b1, v1, {a1,a2})"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith("before step 4 of 5 ✗ phase2a(b1, v1, {a1,a2}) is disabled ✓ ")
    assert "paxos.py:79: require(all(any(" in told
    missing = "no Promise(a=a1, b=b1, …) was sent and no Promise(a=a2, b=b1, …) was sent"
    assert missing in told
    assert told.endswith("the shortest run that enables it: phase1b(a1, b1), phase1b(a2, b1)")


def test_a_guard_that_never_holds_again(trace: Trace) -> None:
    (found,) = quorate.explain(trace, "phase1b(a0, b1)").explained
    assert [guard.held for guard in found.tried.guards] == [True, False]
    assert found.tried.guards[1].why == "max_bal[a0] = b2 >= b1"
    assert found.enabling is not None and found.enabling.enabled is None
    told = repr(quorate.explain(trace, "phase1b(a0, b1)"))
    assert "nothing that can follow enables it: 776 states, all of them" in told


def test_a_guard_may_hold_before_the_others_do(trace: Trace) -> None:
    told = repr(quorate.explain(trace, "phase2b(a0, b1, v0)", at=1))
    assert "Accept(b=b1, v=v0) was not sent" in told
    assert "the shortest run that enables it: phase1a(b1), phase1b(a0, b1), phase1b(a1, b1)" in told


def test_what_an_enabled_action_would_change(trace: Trace) -> None:
    told = repr(quorate.explain(trace, "phase1b(a1, b2)", at=5))
    assert told.splitlines()[0] == "before step 5 of 5"
    assert "✓ phase1b(a1, b2) is enabled" in told
    assert told.endswith("max_bal[a1]: b1 → b2\n    sends Promise(a=a1, b=b2, vb=never, v=None)")
    assert repr(quorate.explain(trace, "phase1a(b1)", at=2)).endswith("changes nothing")


def test_every_action(trace: Trace) -> None:
    told = repr(quorate.explain(trace))
    assert told.startswith("after the last step, 5\n✓ phase1a(b1) is enabled")
    assert "✓ phase2a(b1, v0, {a0,a1}) is enabled" in told
    assert "is disabled; of 12 instances it misses the fewest guards" in told
    assert told.count("✓ phase1b(") == 3  # a1 and a2 for b2, a2 for b1


def test_as_json(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", file, "phase1b(a0, b1)", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (action,) = told["actions"]
    assert (told["step"], action["enabled"], action["enabled_by"]) == (6, False, None)
    assert [guard["why"] for guard in action["guards"]] == [None, "max_bal[a0] = b2 >= b1"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--at", "7"], "found step 7, expected 1 to 6: before which step"),
        (["phase1"], "Paxos has no action `phase1`; did you mean phase1b?"),
        (["phase1b(a1)"], "'phase1b(a1)': expected phase1b(a: Acceptor, b: Ballot)"),
        (["phase1b(a1, a1)"], "'phase1b(a1, a1)': found a1, expected one of never, b1, b2"),
        (["phase1b a1"], "'phase1b a1' is no action: expected ACTION or ACTION(ARGUMENT, ...)"),
        (["phase1b(a1, b=1 + 1)"], "found 1 + 1, expected a value as a trace shows it"),
    ],
)
def test_bad_input(
    file: str, arguments: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", file, *arguments]) == 2
    assert error in capsys.readouterr().err


def test_the_page_of_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "unordered"]) == 0
    assert capsys.readouterr().out.startswith("error[unordered]\n\nElements of a `Sort` are inter")
    assert run(["explain", "unordred"]) == 2
    assert "no mistake has this code; did you mean unordered?" in capsys.readouterr().err
    assert run(["explain", "unordered", "--at", "3"]) == 2
