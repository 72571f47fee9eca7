"""`quorate verify`: the main job, as a CI job would run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from quorate.checker.cli.main import run
from quorate.checker.cli.verify import CODES
from quorate.checker.conform.replaying.replay import Replay, ReplayVerdict
from quorate.checker.liveness.results import TemporalCheck, TemporalVerdict
from quorate.checker.rendering import verification
from quorate.checker.rendering.output import Output
from quorate.checker.results import Exploration, Outcome
from quorate.checker.verify import (
    Livelock,
    Verification,
    VerifiedProtocol,
    VerifiedSystem,
    bundled,
)
from quorate.checker.verify.systems import SYSTEMS, Bounded, BundledSystem
from quorate.model.mutants import MUTANTS
from quorate.model.paxos import Paxos
from quorate.model.raft import Raft
from quorate.traces import read_itf

from .shared import HASTY, SMALL

PAXOS, MULTI_PAXOS, RAFT, LEASES = SYSTEMS
SERVERS = {"Server": 2, "Value": 1, "Term": 1, "Index": 0}
SMALL_PAXOS = {"Acceptor": 2, "Ballot": 2, "Value": 2}
FEW = (
    BundledSystem("Paxos", PAXOS.models, (Bounded(Paxos, SMALL_PAXOS),), ("P11",), PAXOS.contest),
    BundledSystem(
        "Raft",
        RAFT.models,
        (Bounded(Raft, {**SERVERS, "Index": 1}, {"crash": 0}, conform=True, proved=False),),
        (),
        RAFT.contest,
    ),
)
DUELS = {"Duel": (3, 5), "MultiPaxosDuel": (5, 6), "RaftDuel": (2, 3)}


def bare(protocol: str) -> str:
    """The class of a protocol, without its module."""
    return protocol.partition(":")[2]


def told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> Any:
    """What `quorate verify` says for programs, once everything is as it should be."""
    assert run(["verify", "--json", *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1 and found["exit"] == 0
    assert all(q["holds"] for p in found["protocols"] for q in p["quorums"])
    assert {r["verdict"] for p in found["protocols"] for r in p["replays"]} <= {"conforms"}
    assert found["livelock"] == found["livelocks"][0]
    for duel in found["livelocks"]:
        assert (duel["stem"], duel["loop"]) == DUELS[bare(duel["protocol"])]
        assert (duel["duel"], duel["elected"]) == ("violated", "holds") and duel["as_expected"]
    for mutant in found["mutants"]:
        assert mutant["as_expected"], mutant
        assert mutant["healthy"]["verdict"] == "refused"
        assert mutant["healthy"]["divergence"]["step"] >= 1
        assert mutant["broken"]["verdict"] == "reproduced"
        trace = read_itf(Path(mutant["trace"]))
        assert len(trace.steps) == mutant["steps"]
        assert trace.violation is not None
    return found


def test_several_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bundled, "SYSTEMS", FEW)
    monkeypatch.setattr(bundled, "CORES", 1)
    found = told(["--no-cache", "--out", str(tmp_path)], capsys)
    paxos, raft = found["protocols"]
    assert (paxos["states"], paxos["transitions"]) == (145, 608)
    assert paxos["graph"] == {"nodes": 145, "edges": 608, "resting": 16}
    assert {(c["verdict"], c["states"]) for c in paxos["z3"]} == {("proved", 145)}
    assert len(paxos["z3"]) == 6 and paxos["inductive"] == paxos["any_size"] == "proved"
    assert {q["scope"] for q in paxos["quorums"]} == {"2 acceptors", "any number of acceptors"}
    assert (raft["states"], raft["any_size"], raft["z3"]) == (148, None, [])
    assert paxos["open"] == raft["open"] == [] and not paxos["proof_kept"]
    assert len(raft["replays"]) == 5
    assert [m["code"] for m in found["mutants"]] == ["P11"]


def test_what_is_left_to_all() -> None:
    """Without it a few bugs, in the order of their time; with it all that the code can have."""
    assert [s.name for s in SYSTEMS if not s.optional] == ["Paxos", "Multi-Paxos", "Raft"]
    for system in SYSTEMS:
        few, every = system.bugs_to_try(False), system.bugs_to_try(True)
        assert [MUTANTS[name].code for name in few] == list(system.bugs) and every[
            : len(few)
        ] == few
    tried = [name for system in SYSTEMS for name in system.bugs_to_try(True)]
    assert sorted(tried) == sorted(m.name for m in MUTANTS.values() if m.defect)


@pytest.mark.exhaustive
def test_the_bundled_systems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(["--all", "--out", str(tmp_path)], capsys)
    states = {bare(p["protocol"]): (p["states"], p["transitions"]) for p in found["protocols"]}
    assert states["Paxos"] == (3921, 23466) and states["Raft"] == (55_063, 554_853)
    unproved = [bare(p["protocol"]) for p in found["protocols"] if p["any_size"] != "proved"]
    assert unproved == ["Raft"]  # ProvedRaft is
    assert all(p["open"] == [] for p in found["protocols"])
    assert {bare(x["protocol"]) for x in found["livelocks"]} == DUELS.keys()
    assert len(found["mutants"]) == sum(m.defect is not None for m in MUTANTS.values())


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
    found = Verification((VerifiedSystem(None, (part,)),), 0.0, Path())
    assert CODES[found.status().value] == code


HOLDS = TemporalCheck("something_is_decided", "eventually", TemporalVerdict.HOLDS)
OPEN = TemporalCheck("something_is_decided", "eventually", TemporalVerdict.OPEN)


@pytest.mark.parametrize(
    ("stable", "said"),
    [
        (HOLDS, "no endless duel was found: holds"),
        (OPEN, "where only one goes on to prepare, something is always decided: open"),
    ],
)
def test_a_livelock_that_is_not_as_it_should_be_is_no_pass(
    stable: TemporalCheck, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert PAXOS.contest is not None
    livelock = Livelock(PAXOS.contest, HOLDS, stable)
    found = Verification((VerifiedSystem("Paxos", (), livelock),), 0.0, Path())
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
        "from quorate.checker.verify.systems import Bounded, BundledSystem\n"
        "from quorate.model.paxos import Paxos\n"
        "tiny = Bounded(Paxos, {'Acceptor': 1, 'Ballot': 1, 'Value': 1})\n"
        "long = Bounded(Paxos, {'Acceptor': 3, 'Ballot': 3, 'Value': 2})\n"
        "bundled.SYSTEMS = (BundledSystem('Paxos', (), (tiny, long), ()),)\n"
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
