"""The command line as a user meets it: output, files, exit codes, and errors of one line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from quorate.checker.cli.main import run
from quorate.traces import read_itf

from .shared import HASTY, SMALL

ROLES = ["-s", "Proposer=1,Acceptor=3,Learner=1,Value=2,Ballot=2", "-f", "crash=0"]
PROMISE_UNRECORDED = "quorate.model.mutants.paxos_roles:PromiseUnrecorded"


@pytest.fixture
def hasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hasty.py").write_text(HASTY)
    return "hasty.py:HastyPaxos"


def test_check_counts_the_states(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "Paxos", *SMALL]) == 0
    out = capsys.readouterr().out
    assert "3,921 states, 23,466 transitions, depth 16" in out
    assert "6 invariants hold" in out
    assert "reached: a_value_is_chosen" in out


def test_check_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "Paxos", *SMALL, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1
    assert (found["states"], found["transitions"], found["depth"]) == (3921, 23466, 16)
    assert found["outcome"] == "holds" and found["warnings"] == []
    assert sum(found["fired"].values()) == found["transitions"]


def test_reference_explorer_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["-s", "Acceptor=2,Ballot=2,Value=2", "--json"]
    assert run(["check", "Paxos", *sizes]) == 0
    fast = json.loads(capsys.readouterr().out)
    assert run(["check", "Paxos", *sizes, "--reference"]) == 0
    slow = json.loads(capsys.readouterr().out)
    for key in ("outcome", "states", "transitions", "depth", "fired", "reached"):
        assert fast[key] == slow[key]


def test_a_modification_that_breaks_agreement(
    hasty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", hasty, *SMALL, "-i", "agreement", "--trace", "t.itf.json"]) == 1
    out = capsys.readouterr().out
    assert "agreement is violated" in out
    assert "max_bal[a0]: never → b1" in out
    trace = read_itf(Path("t.itf.json"))
    assert trace.violation is not None and trace.violation.property == "agreement"
    assert trace.protocol == hasty

    assert run(["replay", "t.itf.json"]) == 0
    assert "refused" in capsys.readouterr().out
    assert run(["replay", "t.itf.json", "--impl", "ignores-accepted-values"]) == 1
    assert "reproduced" in capsys.readouterr().out


def test_replay_names_the_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "p8.itf.json")
    assert run(["check", PROMISE_UNRECORDED, *ROLES, "-i", "agreement", "--trace", file]) == 1
    capsys.readouterr()
    assert run(["replay", file, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "refused"
    assert found["divergence"] == {
        "step": 2,
        "action": "receive_prepare(a=a0, m=Prepare(b=b1))",
        "node": "a0",
        "variable": "promised[a0]",
        "model": "never",
        "implementation": "b1",
    }
    assert run(["replay", file, "--impl", "promise-not-recorded"]) == 1


@pytest.mark.parametrize("suffix", [".graphml", ".dot", ".json"])
def test_graph_files(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"graph{suffix}"
    sizes = ["-s", "Acceptor=2,Ballot=1,Value=2"]
    assert run(["check", "Paxos", *sizes, "--graph", str(path)]) == 0
    assert path.stat().st_size > 1000
    assert f"graph written to {path}" in capsys.readouterr().out


def test_strict_turns_warnings_into_inconclusive(capsys: pytest.CaptureFixture[str]) -> None:
    vacuous = "quorate.model.mutants.paxos_roles:AcceptsAbove"
    assert run(["check", vacuous, *ROLES]) == 0
    assert "no state makes `a_value_is_committed` true" in capsys.readouterr().out
    assert run(["check", vacuous, *ROLES, "--strict"]) == 4


def test_a_limit_is_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["-s", "Acceptor=3,Ballot=4,Value=2"]
    assert run(["check", "Paxos", *sizes, "--limit", "10000"]) == 4
    assert "stopped at the limit; nothing was found so far" in capsys.readouterr().out


def test_memory_budget(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "Paxos", *SMALL, "--memory", "64KiB"]) == 0
    out = capsys.readouterr().out
    assert "states fit in 64.0 KiB; more go to the disk" in out
    assert "all reachable states: 3,921 states, 23,466 transitions, depth 16" in out
    assert re.search(r"on disk after [\d,]+ states: [\d.]+ bytes a state, [\d.]+ KiB at most", out)


def test_a_graph_stays_in_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["check", "Paxos", "-s", "Acceptor=3,Ballot=2,Value=2", "--memory", "16KiB"]
    assert run([*command, "--graph", str(tmp_path / "graph.json")]) == 4
    said = capsys.readouterr().out
    assert "no more memory" in said
    assert "! the graph left out" in said


def test_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["check", "Paxos", *SMALL, "--checkpoint", str(tmp_path / "night"), "--every", "0"]
    assert run([*command, "--limit", "1000"]) == 4
    assert run(command) == 0
    out = capsys.readouterr().out
    assert "resumed from a checkpoint with 1,000 states" in out
    assert run([*command, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["resumed"] == {"states": 3921, "finished": True}
    assert (result["states"], result["transitions"], result["spilled"]) == (3921, 23466, None)
    (tmp_path / "night" / "0-parents-0").write_bytes(b"")
    assert run(command) == 2
    assert "0-parents-0: damaged" in capsys.readouterr().err
    assert run([*command, "--symmetry"]) == 2
    assert "it was made without --symmetry" in capsys.readouterr().err


def test_bounded_checking_is_no_pass_either(hasty: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "Paxos", *SMALL, "--bmc", "4"]) == 4
    out = capsys.readouterr().out
    assert "no run of at most 4 steps violates an invariant" in out
    assert "longer runs were not looked at" in out
    assert run(["check", hasty, *SMALL, "--bmc", "12", "-i", "agreement", "--trace", "b.json"]) == 1
    trace = read_itf(Path("b.json"))
    assert len(trace.steps) == 12  # as long as the shortest that exploration finds


BAD = [
    (["check", "Paxo", *SMALL], "did you mean Paxos?"),
    (["check", "nowhere.py:X", *SMALL], "nowhere.py: no such file"),
    (["check", "quorate.model.paxos:Pacsos", *SMALL], "no protocol Pacsos; did you mean Paxos?"),
    (["check", "quorate.model.paxos:Acceptor", *SMALL], "Acceptor is a Sort, not a Protocol"),
    (["check", "Paxos"], "Paxos needs a size for Acceptor, Ballot, Value"),
    (["check", "Paxos", "-s", "Acceptor=0,Ballot=2,Value=2"], "Acceptor=0: a size is a whole"),
    (["check", "Paxos", "-s", "Acceptr=3,Ballot=2,Value=2"], "did you mean Acceptor?"),
    (["check", "Paxos", "-s", "Acceptor"], "`Acceptor` is not NAME=NUMBER"),
    (["check", "Paxos", *SMALL, "-s", "Acceptor=5"], "Acceptor is given twice"),
    (["check", "Paxos", "-s", "Acceptor=3,Acceptor=5"], "Acceptor is given twice, as 3 and as 5"),
    (["check", "nowhere:Nobody"], "or a bundled name (such as Paxos, PaxosRoles, TwoPhaseCommit)"),
    (["check", "Paxos", "-s", "Acceptor=50,Ballot=2,Value=2"], "121,548,660,036,300 minimal quor"),
    (["check", "Paxos", *SMALL, "-f", "crash=1"], "Paxos has no fault `crash`; it has none"),
    (["check", "Paxos", *SMALL, "-i", "agrement"], "no invariant `agrement`"),
    (["check", "Paxos", *SMALL, "--memory", "lots"], "`lots` is not an amount of memory"),
    (["check", "Paxos", *SMALL, "--spill", "nowhere"], "nowhere: no such directory"),
    (["check", "Paxos", *SMALL, "--every", "9"], "--every says how often --checkpoint does"),
    (["check", "Paxos", *SMALL, "--checkpoint", "c", "--spill", "."], "goes without --spill"),
    (["check", "Paxos", *SMALL, "--checkpoint", __file__], "is a file, expected a folder"),
    (["check", "Paxos", *SMALL, "--bmc", "4", "--checkpoint", "c"], "does not take --checkpoint"),
    (["check", "Paxos", *SMALL, "--trace", "nowhere/t.json"], "nowhere: no such directory"),
    (["check", "Paxos", *SMALL, "--graph", "graph.png"], "unknown graph format `.png`"),
    (["check", "Paxos", *SMALL, "--bmc", "4", "--limit", "9"], "--bmc does not take --limit"),
    (["check", "Paxos", *SMALL, "--bmc", "4", "-i", "agrement"], "no invariant `agrement`"),
    (["replay", "nowhere.itf.json"], "nowhere.itf.json: found no such file"),
    (["verify", *SMALL], "sizes are for a protocol"),
    (["cluster", "--protocol", "paxos"], "--protocol paxos needs --value: the value to propose"),
    (["cluster", "--protocol", "raft", "--value", "x"], "with raft, type `put KEY VALUE`"),
    (["cluster", "--value", "x", "--partition", "1"], "--partition is for a store"),
    (["cluster", "--value", "x", "--leases"], "--leases is for a store"),
    (["cluster", "--margin", "9"], "--margin is of leases: give --leases"),
    (["cluster", "--run", "/dev/null", "--leases", "--margin", "300"], "at most 240 ms"),
    (["cluster", "--protocol", "zab"], "'zab' is not one of 'raft', 'multipaxos', 'paxos'"),
    (["cluster", "--kill", "1", "--partition", "1"], "found 2 of 3 nodes, expected 1 at most"),
    (["cluster", "--run", "nowhere.txt"], "nowhere.txt cannot be read: No such file"),
    (["cluster", "--run", "/bin/sh"], "/bin/sh cannot be read: it is not UTF-8"),
    (["cluster", "--run", "/dev/null", "--journal"], "--journal needs a folder that stays"),
    (["cluster", "--nodes", "3", "--value", "x", "--kill", "2"], "at most 1 may be killed"),
    (["frobnicate"], "No such command 'frobnicate'"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a)[:60] for a, _ in BAD])
def test_bad_input_is_one_clear_error(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_file_named_as_a_module_or_without_a_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hasty_copy.py").write_text(HASTY)
    (tmp_path / "nothing.py").write_text("")
    for name, says in {
        "hasty_copy:HastyPaxos": "did you mean hasty_copy.py:HastyPaxos?",
        "hasty_copy.py::HastyPaxos": "no protocol :HastyPaxos; did you mean HastyPaxos?",
        "nothing.py": "nothing.py: defines no protocol, expected a class that inherits from",
    }.items():
        assert run(["check", name, *SMALL]) == 2
        assert says in capsys.readouterr().err


def test_a_mistake_in_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slip.py").write_text(HASTY.replace("self.sent.add", "self.snt.add"))
    assert run(["check", "slip.py:HastyPaxos", *SMALL]) == 3
    err = capsys.readouterr().err
    assert "slip.py:10:9" in err and "did you mean `self.sent`?" in err


def test_a_file_with_a_syntax_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.py").write_text("class Broken(\n")
    assert run(["check", "broken.py:Broken", *SMALL]) == 2
    assert "broken.py:1" in capsys.readouterr().err


def write_trace(folder: Path) -> Path:
    path = folder / "t.itf.json"
    arguments = [PROMISE_UNRECORDED, *ROLES, "-i", "agreement", "--trace", str(path)]
    assert run(["check", *arguments]) == 1
    return path


def test_bad_traces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_trace(tmp_path)
    whole = path.read_text()
    capsys.readouterr()

    def fails(text: str, message: str) -> None:
        path.write_text(text)
        assert run(["replay", str(path)]) == 2
        err = capsys.readouterr().err
        assert message in err and "Traceback" not in err

    fails(whole[: len(whole) // 2], "expected")
    fails("not JSON", "expected")
    fails(whole.replace('"schema":1', '"schema":7').replace('"schema": 1', '"schema": 7'), "7")
    fails(whole.replace("PromiseUnrecorded", "VoteAnyway"), "another description of VoteAnyway")
    module = "quorate.model.mutants.paxos_roles:PromiseUnrecorded"
    other = whole.replace(module, "quorate.model.consensus:Consensus")
    fails(other, "no implementation of Consensus is bundled")
    assert '"Acceptor":3' in whole
    fails(whole.replace('"Acceptor":3', '"Acceptor":2'), "the initial state: ")


def test_a_tampered_step_is_no_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_trace(tmp_path)
    data = json.loads(path.read_text())
    del data["states"][3]
    for i, state in enumerate(data["states"]):
        state["#meta"] = {"index": i}
    path.write_text(json.dumps(data))
    capsys.readouterr()
    assert run(["replay", str(path)]) == 2
    assert "is not a step of PromiseUnrecorded" in capsys.readouterr().err


def test_read_only_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if os.geteuid() == 0:
        folder = Path("/proc")  # not even root can write there
    else:
        folder = tmp_path / "sealed"
        folder.mkdir(mode=0o500)
    assert run(["check", "Paxos", *SMALL, "--trace", str(folder / "t.itf.json")]) == 2
    assert f"{folder}: cannot write here" in capsys.readouterr().err
    assert run(["verify", "--out", str(folder / "out")]) == 2
    said = capsys.readouterr()
    assert "cannot write counterexamples here" in said.err
    assert said.out == "no list of checks here (quorate.toml): what is bundled is verified\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_full_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The violation is shown all the same, and said is which file is missing."""
    with pytest.MonkeyPatch.context() as patch:

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device", "t.itf.json")

        patch.setattr("os.fsync", full)
        patch.setattr("os.replace", full)
        patch.setattr("pathlib.Path.replace", full)
        file = tmp_path / "t.itf.json"
        arguments = [PROMISE_UNRECORDED, *ROLES, "-i", "agreement", "--trace", str(file)]
        assert run(["check", *arguments]) == 1
    out = capsys.readouterr().out
    assert "✗ agreement is violated" in out and "trace written" not in out
    assert f"! the trace's file left out: TraceError: {file}: " in out
    assert "No space left on device" in out
    assert list(tmp_path.iterdir()) == []


INTERRUPTED = """
import os, signal
from quorate.checker.cli.main import run
from quorate.checker.explore.search import storage
from quorate.checker.explore.search.breadth_first import Explorer

storage.SLICE = 100
step, steps = Explorer.expand, []

def interrupted(self):
    steps.append(step(self))
    if len(steps) == 2:
        os.kill(os.getpid(), signal.SIGINT)
    return steps[-1]

Explorer.expand = interrupted
raise SystemExit(run(["check", "Paxos", "-s", "Acceptor=3,Ballot=2,Value=2"]))
"""


def test_interrupt_prints_what_was_found_so_far() -> None:
    """The signal comes in the middle of the search, however fast the machine is."""
    command = [sys.executable, "-c", INTERRUPTED]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr
    assert "interrupted; nothing was found so far in" in done.stdout
    assert "Traceback" not in done.stderr


def test_defaults_come_from_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    sizes = "{Acceptor = 3, Ballot = 2, Value = 2, Slot = 9}"
    (tmp_path / "pyproject.toml").write_text(f"[tool.quorate]\nsizes = {sizes}\n")
    assert run(["check", "Paxos"]) == 0
    assert "3,921 states" in capsys.readouterr().out
    (tmp_path / "pyproject.toml").write_text("[tool.quorate]\nsize = 3\n")
    assert run(["check", "Paxos"]) == 2
    assert "[tool.quorate] has no `size`" in capsys.readouterr().err


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; from quorate.checker.cli.main import run; run(['--help']); "
        "heavy = {'numba', 'z3', 'networkx', 'llvmlite', 'numpy', 'rich'} & set(sys.modules); "
        "raise SystemExit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Exit codes:" in done.stdout
