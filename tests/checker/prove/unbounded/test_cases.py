"""Inputs that once got a wrong answer from `prove`, with the right one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quorate.checker.cli.main import run

CASES = Path(__file__).parents[3] / "cases" / "models"


def asked(target: str, code: int, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """What `prove` prints of a case, with this exit code."""
    capsys.readouterr()
    assert run(["prove", f"{CASES / target}", *more]) == code
    return capsys.readouterr().out


def told(target: str, code: int, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    """The same as JSON."""
    found: dict[str, Any] = json.loads(asked(target, code, capsys, "--json", *more))
    return found


def test_quorums_that_stop_meeting(capsys: pytest.CaptureFixture[str]) -> None:
    """The refuter looks where the quorums miss each other, and finds the run."""
    out = asked("quorums_stop_meeting.py:Decide", 1, capsys)
    assert "of 4 nodes {n0,n1} and {n2,n3} share none; so only of 2..3 nodes, not 4..25" in out
    assert "! not proved for every number of members: any two quorums of Two share a member" in out
    assert "so open whatever follows: at most 0.5 of effort for each obligation" in out
    assert "✗ agreement: violated, see below the run at Node=4" in out
    assert "6 decide(v=v1, q={n2,n3})" in out and "✓ agreement" not in out


def test_nothing_is_assumed_of_quorums_that_stop_meeting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = told("quorums_stop_meeting.py:Decide", 4, capsys, "--no-refute")
    assert found["standing"] == "open"
    given, every = found["quorums"]
    assert given["holds"] and given["disjoint"] is None
    assert not every["holds"] and every["scope"].startswith("2..3 nodes, not 4..25")
    assert every["disjoint"] == ["{n0,n1}", "{n2,n3}"] and every["disjoint_at"] == "4 nodes"
    standings = {i["invariant"]: i["standing"] for i in found["invariants"]}
    assert standings["agreement"] == "open" and standings["decided_were_voted"] == "proved"


@pytest.mark.parametrize(
    ("target", "broken"),
    [
        ("parallel_commit.py:AskTheRecord", "no_retry_of_a_commit"),
        pytest.param("lease.py:Lease", "one_holder", marks=pytest.mark.exhaustive),
        pytest.param(
            "log_truncation.py:NewTruncation", "no_divergence", marks=pytest.mark.exhaustive
        ),
    ],
)
def test_not_inductive_is_no_violation(
    target: str, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = asked(target, 4, capsys)
    assert f"! {broken}: not inductive, see below the step at " in out
    assert f"! {broken} does not hold after this: " in out
    assert "from a state where these invariants hold, reachable or not" in out
    assert "violated" not in out and "✗" not in out and "! not inductive: " in out


def test_a_counter_that_runs_past_its_range(capsys: pytest.CaptureFixture[str]) -> None:
    out = asked("undefined_step.py", 3, capsys)
    assert "! fine: open: proved, assuming that every step makes sense" in out
    assert "✗ a step is undefined, on a run at N=1: " in out
    assert "13: self.n = self.n + 1: out of the range of n" in out and "✓" not in out


@pytest.mark.parametrize("more", [(), ("--find",)])
def test_nothing_claimed(more: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    out = asked("no_invariant.py", 0, capsys, *more)
    assert out == "! nothing is claimed: Quiet has no invariant\n"
    assert asked("no_invariant.py", 4, capsys, "--strict", *more) == out
    found = told("no_invariant.py", 4, capsys, "--strict", *more)
    assert found["warnings"] == ["nothing is claimed: Quiet has no invariant"]


def test_without_an_initial_state_nothing_is_claimed(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = "nothing is claimed: there is no initial state, no choice of @init is possible"
    assert asked("no_start.py", 0, capsys) == f"! {nothing}\n"
    found = told("no_start.py", 4, capsys, "--strict")
    assert found["standing"] == "open" and found["warnings"] == [nothing]
    assert "✓" not in asked("no_start.py", 4, capsys, "--find")


@pytest.mark.parametrize(
    ("case", "open_"),
    [
        (["no_invariant.py", "-s", "P=2"], "nothing is claimed: Quiet has no invariant"),
        pytest.param(
            ["parallel_commit.py:AskTheRecord", "-s", "Key=2"],
            "AskTheRecord is not proved by induction at these sizes",
            marks=pytest.mark.exhaustive,
        ),
        (
            ["quorums_stop_meeting.py:Decide", "-s", "Node=3,Value=1"],
            "not for every number of members: any two quorums of Two share a member",
        ),
    ],
)
def test_what_verify_leaves_open_is_no_pass(
    case: list[str], open_: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["verify", f"{CASES / case[0]}", *case[1:], "--out", str(tmp_path)]
    assert run(command) == 0
    out = capsys.readouterr().out
    last = out.splitlines()[-1]
    assert last.startswith("! no violation; open: ") and open_ in last
    assert "everything holds" not in out and "refuted" not in out and "0 invariants" not in out
    assert run([*command, "--strict", "--json"]) == 4
    (part,) = json.loads(capsys.readouterr().out)["protocols"]
    assert open_ in part["open"]


def test_verify_names_a_step_not_inductive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = f"{CASES / 'parallel_commit.py'}:AskTheRecord"
    assert run(["verify", target, "-s", "Key=2", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "explored: 153 states" in out
    assert "acknowledge / acknowledged_stays (not inductive)" in out
