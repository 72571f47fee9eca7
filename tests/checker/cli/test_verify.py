"""`quorate verify`: the main job, as a CI job would run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from quorate.checker.cli.main import run
from quorate.checker.cli.verify import CODES
from quorate.checker.conform.replaying.replay import Replay, ReplayVerdict
from quorate.checker.liveness.results import TemporalCheck, TemporalVerdict
from quorate.checker.rendering import verification
from quorate.checker.rendering.output import Output
from quorate.checker.results import Exploration, Outcome
from quorate.checker.verify import Livelock, Verification, VerifiedProtocol, bundled
from quorate.model.paxos import Paxos
from quorate.traces import read_itf

from .shared import HASTY, SMALL

CLASSICS = ("P4", "P1", "P2", "P5", "P8", "P11", "P13", "P18")


@pytest.mark.parametrize(
    "bugs", [("P11",), pytest.param(CLASSICS, marks=pytest.mark.exhaustive)], ids=len
)
def test_the_bundled_paxos(
    bugs: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bundled, "CLASSICS", bugs)
    if few := len(bugs) == 1:
        monkeypatch.setattr(bundled, "PAXOS", {**bundled.PAXOS, "Acceptor": 2})
        monkeypatch.setattr(bundled, "ROLES", {**bundled.ROLES, "Ballot": 1})
        monkeypatch.setattr(bundled, "CORES", 1)
    assert run(["verify", "--json", "--out", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1 and found["exit"] == 0

    paxos, roles = found["protocols"]
    states, transitions, resting = (145, 608, 16) if few else (3921, 23466, 368)
    assert (paxos["states"], paxos["transitions"]) == (states, transitions)
    assert paxos["graph"] == {"nodes": states, "edges": transitions, "resting": resting}
    assert len(paxos["z3"]) == 6
    assert {(c["verdict"], c["states"]) for c in paxos["z3"]} == {("proved", states)}
    assert paxos["inductive"] == "proved"
    assert paxos["any_size"] == roles["any_size"] == "proved"
    scopes = {"2 acceptors" if few else "3 acceptors", "any number of acceptors"}
    assert {q["scope"] for q in paxos["quorums"]} == scopes
    assert all(q["holds"] for p in found["protocols"] for q in p["quorums"])
    assert [r["verdict"] for r in roles["replays"]] == ["conforms"] * 5

    assert found["livelock"] == {
        "duel": "violated",
        "stem": 3,
        "loop": 5,
        "elected": "holds",
        "as_expected": True,
    }

    assert {m["code"] for m in found["mutants"]} == set(bugs)
    for mutant in found["mutants"]:
        assert mutant["as_expected"], mutant
        assert mutant["healthy"]["verdict"] == "refused"
        assert mutant["healthy"]["divergence"]["step"] >= 1
        assert mutant["broken"]["verdict"] == "reproduced"
        trace = read_itf(Path(mutant["trace"]))
        assert len(trace.steps) == mutant["steps"]
        assert trace.violation is not None


def test_ones_own_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hasty.py").write_text(HASTY)
    assert run(["verify", "hasty.py:HastyPaxos", *SMALL]) == 1
    out = capsys.readouterr().out
    assert "is violated" in out and "counterexample of" in out
    assert "bundled implementation: refused at step" in out
    assert len(list((tmp_path / ".quorate").glob("HastyPaxos-*.itf.json"))) == 1


@pytest.mark.exhaustive
def test_ones_own_protocol_that_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["-s", "Acceptor=2,Ballot=2,Value=2"]
    assert run(["verify", "Paxos", *sizes, "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "Z3: inductive at these sizes" in out and "everything holds" in out


@pytest.mark.parametrize(
    ("status", "code"),
    [("conforms", 0), ("refused", 0), ("unjudged", 4), ("diverges", 5)],
)
def test_what_a_replay_shows_decides_the_exit_code(status: str, code: int) -> None:
    found = Exploration(outcome=Outcome.HOLDS, states=1, transitions=0, depth=0)
    sizes = Paxos.sized(Acceptor=1, Ballot=1, Value=1)
    part = VerifiedProtocol(Paxos, sizes, (found, Replay(ReplayVerdict(status), 3)))
    assert CODES[Verification((part,), (), 0.0, Path()).status().value] == code


HOLDS = TemporalCheck("something_is_decided", "eventually", TemporalVerdict.HOLDS)
OPEN = TemporalCheck("something_is_decided", "eventually", TemporalVerdict.OPEN)


@pytest.mark.parametrize(
    ("livelock", "said"),
    [
        (Livelock(HOLDS, HOLDS), "no endless duel was found: holds"),
        (Livelock(HOLDS, OPEN), "where only one goes on to prepare, something is decided: open"),
    ],
)
def test_a_livelock_that_is_not_as_it_should_be_is_no_pass(
    livelock: Livelock, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Verification((), (), 0.0, Path(), livelock)
    assert CODES[found.status().value] == 1
    verification.show(Output(), found)
    assert said in capsys.readouterr().out


def test_quorums_that_miss_each_other_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = ["-s", "Proposer=1,Acceptor=3,Learner=1,Value=2,Ballot=1", "-f", "crash=0"]
    disjoint = "quorate.model.mutants.paxos_roles:DisjointQuorums"
    assert run(["verify", disjoint, *sizes, "--out", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "not so: every quorum of Single shares a member with every quorum of Phase1" in out
    assert "share none" in out


def test_interrupt_is_quiet(tmp_path: Path) -> None:
    code = (
        "from quorate.checker.cli.main import run\n"
        "from quorate.checker.verify import bundled\n"
        "bundled.PAXOS = bundled.TINY\n"
        f"raise SystemExit(run(['verify', '--out', {str(tmp_path)!r}]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "networkx graph" in line:
            break
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "error: interrupted"  # before it, progress if it takes long
    assert "Traceback" not in err
