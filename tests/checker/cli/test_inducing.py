"""`quorate check --induction K` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quorate.checker.cli.main import run
from quorate.traces import read_itf

SMALL = ["-s", "Acceptor=3,Ballot=2,Value=2"]
DISJOINT = f"{Path(__file__).parents[1] / 'prove' / 'variants.py'}:DisjointQuorums"


def test_what_is_inductive_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "Paxos", *SMALL, "--induction", "3"]) == 0
    out = capsys.readouterr().out
    assert "agreement: holds in every reachable state (k = 1)" in out
    assert "k-inductive: 6 invariants hold in every reachable state at these sizes" in out


def test_what_is_not_is_shown_as_steps_and_is_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "Paxos", *SMALL, "--induction", "2", "-i", "agreement"]) == 4
    out = capsys.readouterr().out
    assert "no run of at most 1 step violates an invariant" in out
    assert "agreement: not k-inductive up to k = 2" in out
    assert "from a state that need not be reachable" in out
    assert "2 phase2b(" in out and "not k-inductive up to k = 2 (" in out


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "Paxos", *SMALL, "--induction", "2", "-i", "agreement", "--json"]) == 4
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "unknown" and found["no_violation_within"] == 1
    agreement = next(i for i in found["invariants"] if i["invariant"] == "agreement")
    assert agreement["k"] is None
    assert [s["action"] for s in agreement["run"]["steps"]] == ["phase2b"] * 2
    assert run(["check", "Paxos", *SMALL, "--induction", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "proved"


def test_a_run_that_violates_ends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run.itf.json"
    assert run(["check", DISJOINT, *SMALL, "--induction", "12", "--trace", str(file)]) == 1
    assert "earlier_ballots_are_closed is violated: 3 steps" in capsys.readouterr().out
    assert len(read_itf(file).steps) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--induction", "0"], "0 is not in the range x>=1"),
        (["--induction", "two"], "'two' is not a valid integer"),
        (["--induction", "2", "--bmc", "4"], "--bmc and --induction are two ways"),
        (["--induction", "2", "--graph", "g.json"], "--induction does not take --graph"),
        (["--induction", "2", "--search", "random"], "--induction and --search random are two"),
        (["--induction", "2", "-i", "agrement"], "no invariant `agrement`"),
        (["--induction", "2", "--trace", "/nowhere/x.json"], "no such directory"),
    ],
)
def test_bad_input_is_one_clear_error(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "Paxos", *SMALL, *arguments]) == 2
    printed = capsys.readouterr()
    assert message in printed.out + printed.err and "Traceback" not in printed.err
