"""How long commands take, each as a process of its own; nothing is asserted.

Processor time includes Python's own start and the solvers' processes.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .report import section

RUNS = 10
STARTS = (
    "check Paxos -s Acceptor=3,Ballot=2,Value=2",
    "check RaftElection -s Server=3,Term=1,Value=1,Index=1",
    "check TwoPhaseCommit -s Coordinator=1,Participant=3",
    "check MultiPaxos -s Proposer=1,Acceptor=3,Slot=1,Value=1,Ballot=2",
)
PROOFS = (
    "prove Paxos",
    "prove FlexiblePaxos",
    "prove ProvedMultiPaxos",
    "prove ProvedPaxosRoles",
    "prove ProvedTwoPhaseCommit",
    "prove ProvedRaftElection",
    "prove ProvedRaft",
    "refine PaxosRoles Paxos -s Proposer=1,Acceptor=1,Learner=1,Value=2,Ballot=2 --prove",
    "prove TwoPhaseCommit --find",
    "prove Paxos --find",
    "prove MultiPaxos --find",
    "prove RaftElection --find -i election_safety",
    "check Paxos -s Acceptor=3,Ballot=5,Value=2 --bmc 13 -i agreement",
)
NO_VIOLATION = (0, 4)  # exit codes: everything holds, or nothing was found up to a bound
START = "import sys; from quorate.checker.cli.main import run; sys.exit(run(sys.argv[1:]))"
WIDTH = 88


@pytest.mark.benchmark
def test_start(tmp_path: Path) -> None:
    """With an empty cache, then the least of some runs with what that left."""
    lines = [f"{'':{WIDTH}}{'cold':>8}{'warm':>8}{'CPU, warm':>12}"]
    for number, command in enumerate(STARTS):
        cache = tmp_path / str(number)
        cold, _ = process(cache, command)
        warm = [process(cache, command) for _ in range(RUNS)]
        wall, cpu = min(w for w, _ in warm), min(c for _, c in warm)
        lines.append(f"quorate {command:{WIDTH - 8}}{cold:>8.2f}{wall:>8.2f}{cpu:>12.2f}")
    section("Small checks: seconds of a whole command", lines)


@pytest.mark.benchmark
def test_proofs(tmp_path: Path) -> None:
    """One run each; whatever is compiled is compiled before."""
    process(tmp_path, STARTS[0])
    lines = [f"{'':{WIDTH}}{'CPU':>8}"]
    for command in PROOFS:
        _, cpu = process(tmp_path, command)
        lines.append(f"quorate {command:{WIDTH - 8}}{cpu:>8.2f}")
    section("Proofs: seconds of processor time of a whole command", lines)


def process(cache: Path, command: str) -> tuple[float, float]:
    """Wall time and processor time of a command in a process of its own, in seconds."""
    return timed(cache, command)[1:]


def timed(cache: Path, command: str) -> tuple[bytes, float, float]:
    """What a command in a process of its own says, its wall time and its processor time."""
    before, started = used(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", START, *command.split()],
        env={**os.environ, "QUORATE_CACHE": str(cache)},
        capture_output=True,
        check=False,
    )
    assert done.returncode in NO_VIOLATION, f"{command}: {done.stderr.decode()}"
    return done.stdout, time.perf_counter() - started, used() - before


def used() -> float:
    """Seconds of processor time that processes started here have taken."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
