"""Every bundled protocol: distinct states a second by one thread, beside TLC on what is exported.

The rate is of processor time, of the search alone, with every invariant checked and code that is
compiled well; the best of three searches of up to two million states. TLC searches the exported
module with one worker, at sizes that it can finish in two minutes, and its start is subtracted:
that of a model of three states. Both check every invariant, and must agree on the states there.
TLC is slower in its first seconds: it takes 19 s for the 185,369 states of Paxos with 3 ballots.
Protocols that others are the same steps as, with companions or fairness, are left out.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from quorate.checker.errors import InputError
from quorate.checker.explore.search.breadth_first import explore
from quorate.checker.export.tla import export
from quorate.checker.loading import BUNDLED, load_protocol

from ..support.searching import explorer
from ..support.tlc import JAR, JAVA
from .report import section
from .test_commands import used

TURNS = 3
MOST = 2_000_000  # states
SECONDS = 120  # of processor time that TLC is given for one model


@dataclass(frozen=True)
class Case:
    """Sizes as on the command line: for Quorate, and for TLC."""

    sizes: str
    for_tlc: str = ""


CASES = {
    "Paxos": Case("Acceptor=3,Ballot=4,Value=2", "Acceptor=3,Ballot=2,Value=2"),
    "FlexiblePaxos": Case("Acceptor=3,Ballot=4,Value=2", "Acceptor=3,Ballot=2,Value=2"),
    "GridPaxos": Case("Acceptor=4,Ballot=3,Value=2", "Acceptor=4,Ballot=2,Value=2"),
    "WeightedPaxos": Case("Acceptor=4,Ballot=3,Value=2", "Acceptor=4,Ballot=2,Value=2"),
    "JointPaxos": Case("Acceptor=4,Ballot=3,Value=2", "Acceptor=4,Ballot=2,Value=2"),
    "PaxosRoles": Case(
        "Proposer=2,Acceptor=3,Learner=1,Value=2,Ballot=2",
        "Proposer=2,Acceptor=3,Learner=1,Value=2,Ballot=1",
    ),
    "MultiPaxos": Case(
        "Proposer=2,Acceptor=3,Slot=2,Value=1,Ballot=2",
        "Proposer=1,Acceptor=3,Slot=1,Value=2,Ballot=2",
    ),
    "RaftElection": Case(
        "Server=3,Value=1,Term=3,Index=0,crash=2", "Server=3,Value=1,Term=2,Index=0"
    ),
    "Raft": Case("Server=3,Value=1,Term=2,Index=1", "Server=2,Value=1,Term=2,Index=1"),
    "TwoPhaseCommit": Case("Coordinator=1,Participant=6", "Coordinator=1,Participant=3"),
    "LeaderLease": Case(
        "Node=3,Term=2,Time=2,Lease=1,Margin=1,Drift=1",
        "Node=3,Term=1,Time=2,Lease=1,Margin=1,Drift=1",
    ),
    "Abd": Case("Server=3,Client=3,Number=2", "Server=2,Client=2,Number=2"),
    "CasPaxos": Case("Acceptor=3,Ballot=4", "Acceptor=3,Ballot=2"),
    "ViewstampedReplication": Case(
        "Replica=3,Value=1,View=2,Index=1", "Replica=3,Value=1,View=1,Index=1"
    ),
    "ChainReplication": Case(
        "Server=4,Command=4,Index=3,crash=2", "Server=2,Command=2,Index=2,crash=2"
    ),
    "LeaseLock": Case("Client=3,Time=12,Token=3,Position=4", "Client=2,Time=6,Token=2,Position=2"),
    "LamportMutex": Case("Process=3,Clock=6,Depth=3", "Process=2,Clock=3,Depth=3"),
    "Peterson": Case("Process=2"),
    "Voting": Case("Acceptor=4,Ballot=4,Value=2", "Acceptor=3,Ballot=2,Value=2"),
    "Consensus": Case("Value=2"),
    "Duel": Case("Proposer=2,Acceptor=3"),
    "ElectedDuel": Case("Proposer=2,Acceptor=3"),
}


@pytest.mark.benchmark
def test_protocols(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUORATE_CACHE", str(tmp_path / "cache"))
    start = tlc("Consensus", "Value=2", tmp_path)
    head = f"{'':23}{'states':>10}{'depth':>6}{'words':>6}{'M/s':>7}"
    lines = [f"{head}   {'TLC states':>10}{'M/s':>8}"]
    for name, case in CASES.items():
        states, depth, words, rate = ours(name, case.sizes)
        line = f"{name:23}{states:>10}{depth:>6}{words:>6}{rate:>7.2f}   "
        if case.for_tlc and start is not None:
            found = tlc(name, case.for_tlc, tmp_path)
            if found is not None:
                line += f"{found[0]:>10,}{found[0] / (found[1] - start[1]) / 1e6:>8.4f}"
        lines.append(f"{line:74}{case.sizes}")
        sys.stderr.write(f"{lines[-1]}\n")  # so that what was measured is not lost
    lines += [f"not measured: {', '.join(left)}"] if (left := left_out()) else []
    section("Every bundled protocol: distinct states a second by one thread", lines)


def left_out() -> list[str]:
    """Those bundled protocols that have no row, and add no step to one that has."""
    measured = [load_protocol(name) for name in CASES]
    return [name for name in BUNDLED if not issubclass(load_protocol(name), tuple(measured))]


def sizes_of(text: str) -> tuple[dict[str, int], dict[str, int]]:
    """Sizes, and budgets of faults: written in small letters."""
    pairs = dict(re.findall(r"(\w+)=(\d+)", text))
    numbers = {name: int(size) for name, size in pairs.items()}
    faults = {name: n for name, n in numbers.items() if name.islower()}
    return {name: n for name, n in numbers.items() if name not in faults}, faults


def ours(name: str, text: str) -> tuple[str, int, int, float]:
    """The number of states, the depth, the words of a state, and millions of states a second."""
    protocol = load_protocol(name)
    sizes, faults = sizes_of(text)
    best = 0.0
    for _ in range(TURNS):
        search = explorer(protocol, protocol.sized(faults, **sizes), limit=MOST)
        with search.sizes:
            search.kernel.code.improve()
        begun = time.process_time()
        found = search.run(coverage=False)
        best = max(best, found.states / (time.process_time() - begun) / 1e6)
    more = "" if found.complete else "+"
    return f"{found.states:,}{more}", found.depth, found.words, best


def tlc(name: str, text: str, folder: Path) -> tuple[int, float] | None:
    """The number of states that TLC finds, and its seconds.

    None if it is not here, the protocol has no form in TLA+, or it takes too long.
    """
    if not (JAVA and JAR):
        return None
    protocol = load_protocol(name)
    sizes, faults = sizes_of(text)
    bounds = protocol.sized(faults, **sizes)
    try:
        found = export(protocol, bounds)
    except InputError:
        return None
    configuration = (found.configuration or "").replace("CHECK_DEADLOCK FALSE\n", "")
    (folder / f"{found.name}.tla").write_text(found.module, encoding="ascii")
    (folder / f"{found.name}.cfg").write_text(configuration, encoding="ascii")
    begun = used()
    command = [JAVA, "-XX:+UseSerialGC", "-cp", JAR, "tlc2.TLC", "-workers", "1", "-deadlock"]
    command += ["-continue", f"{found.name}.tla"]
    command = ["sh", "-c", f'ulimit -t {SECONDS}; exec "$@"', "sh", *command]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode < 0:  # it was ended
        return None
    said = done.stdout
    seconds = used() - begun
    counts = re.findall(r"([\d,]+) distinct states found, 0 states left on queue", said)
    states = int(counts[-1].replace(",", ""))
    assert states == explore(protocol, bounds).states, said
    return states, seconds
