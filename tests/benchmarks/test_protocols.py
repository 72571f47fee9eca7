"""Every bundled protocol: states a second by one thread, beside TLC on what is exported.

`python -m pytest tests/benchmarks/test_protocols.py -m benchmark -q -s` takes about five minutes on
two idle cores, and prints each row once it is measured, as a row of a Markdown table.

Quorate's rate is of processor time, of the search alone, with every invariant checked and code that
is compiled well; the best of three searches of up to two million states (`+`: cut there). Steps
are transitions, those that change nothing included: guards and effects cost by the step. TLC
searches the exported module with one worker at smaller sizes, which it can finish within a minute;
of wall time and processor time the smaller counts, and its start is subtracted: that of a model of
three states. Both check every invariant, and must agree on the number of states there. TLC is
slower in its first seconds: it takes 19 s for the 185,369 states of Paxos with 3 ballots. What a
first run takes as a whole is measured by `test_commands.py`.
Companions, and variants with fairness, are left out: they take the steps of what they extend.
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
from quorate.checker.export.tla import export
from quorate.checker.loading import BUNDLED, load_protocol
from quorate.model.language import Protocol, Sizes

from ..support.searching import explorer
from ..support.tlc import JAR, JAVA
from .processes import used
from .report import machine

TURNS = 3
FEWEST, MOST = 1_000, 2_000_000  # states: of fewer no rate is told
SECONDS = 60  # of processor time that TLC is given for one model
MEASURABLE = 0.5  # seconds of TLC's, without its start, below which no rate of it is told
EXTENDING = ("quorate.model.proofs.", "quorate.model.liveness.")
HEAD = ("Protocol", "Sizes", "States", "Words", "M/s", "Steps, M/s")
BESIDE = ("TLC's sizes", "States", "M/s", "Ratio")


@dataclass(frozen=True)
class Case:
    """Sizes, and budgets of faults, in small letters: for Quorate; for TLC, and for first runs."""

    sizes: str
    small: str


CASES = {
    "Paxos": Case("Acceptor=3,Ballot=4,Value=2", "Acceptor=3,Ballot=2,Value=2"),
    "FlexiblePaxos": Case("Acceptor=3,Ballot=4,Value=2", "Acceptor=3,Ballot=2,Value=2"),
    "GridPaxos": Case("Acceptor=4,Ballot=3,Value=2", "Acceptor=4,Ballot=2,Value=1"),
    "WeightedPaxos": Case("Acceptor=4,Ballot=3,Value=2", "Acceptor=4,Ballot=2,Value=1"),
    "JointPaxos": Case("Acceptor=4,Ballot=3,Value=2", "Acceptor=4,Ballot=2,Value=1"),
    "PaxosRoles": Case(
        "Proposer=2,Acceptor=3,Learner=1,Value=2,Ballot=2",
        "Proposer=2,Acceptor=3,Learner=1,Value=2,Ballot=1",
    ),
    "MultiPaxos": Case(
        "Proposer=2,Acceptor=3,Slot=2,Value=1,Ballot=2",
        "Proposer=1,Acceptor=3,Slot=1,Value=2,Ballot=2",
    ),
    "MultiPaxosLog": Case(
        "Acceptor=3,Learner=1,Value=2,Slot=2,Ballot=2",
        "Acceptor=2,Learner=1,Value=2,Slot=2,Ballot=2",
    ),
    "MultiPaxosMembers": Case(
        "Acceptor=3,Learner=1,Value=2,Slot=2,Ballot=2",
        "Acceptor=2,Learner=1,Value=2,Slot=2,Ballot=2",
    ),
    "MultiPaxosWindow": Case(
        "Acceptor=2,Learner=1,Value=2,Slot=3,Ballot=2",
        "Acceptor=2,Learner=1,Value=2,Slot=3,Ballot=1",
    ),
    "MultiPaxosSnapshots": Case(
        "Acceptor=3,Learner=1,Value=2,Slot=2,Ballot=2",
        "Acceptor=2,Learner=1,Value=2,Slot=2,Ballot=2",
    ),
    "StoreSessions": Case("Store=3,Client=2,Number=4,crash=1", "Store=2,Client=2,Number=2,crash=1"),
    "RaftElection": Case(
        "Server=3,Value=1,Term=3,Index=0,crash=2", "Server=3,Value=1,Term=2,Index=0"
    ),
    "PreVoting": Case(
        "Server=3,Value=1,Term=2,Index=0,crash=1", "Server=2,Value=1,Term=2,Index=0,crash=1"
    ),
    "Raft": Case("Server=3,Value=1,Term=2,Index=1", "Server=2,Value=1,Term=1,Index=1"),
    "AtomicRaft": Case(
        "Server=3,Value=2,Term=3,Index=2,crash=1", "Server=3,Value=1,Term=2,Index=1,crash=1"
    ),
    "MonotoneRaft": Case(
        "Server=3,Value=2,Term=3,Index=2,crash=1", "Server=3,Value=1,Term=2,Index=1,crash=1"
    ),
    "SingleServerChanges": Case(
        "Server=3,Value=2,Term=2,Index=2", "Server=2,Value=2,Term=1,Index=2"
    ),
    "JointConsensus": Case("Server=3,Value=1,Term=2,Index=3", "Server=2,Value=2,Term=1,Index=2"),
    "ReadIndex": Case("Server=3,Value=2,Term=3,Index=2", "Server=3,Value=1,Term=2,Index=1"),
    "LeaseReads": Case(
        "Server=3,Value=1,Term=2,Index=2,Time=3,Lease=1,Margin=2,Drift=1",
        "Server=2,Value=1,Term=1,Index=1,Time=1,Lease=1,Margin=1,Drift=1,crash=1",
    ),
    "RaftSnapshots": Case(
        "Server=3,Value=2,Term=2,Index=2,crash=1", "Server=2,Value=1,Term=2,Index=2,crash=1"
    ),
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
        "Server=4,Command=4,Index=3,crash=2", "Server=3,Command=2,Index=2,crash=2"
    ),
    "LeaseLock": Case("Client=3,Time=12,Token=3,Position=4", "Client=2,Time=6,Token=2,Position=2"),
    "LamportMutex": Case("Process=3,Clock=6,Depth=3", "Process=2,Clock=3,Depth=3"),
    "Peterson": Case("Process=2", "Process=2"),
    "Voting": Case("Acceptor=4,Ballot=4,Value=2", "Acceptor=3,Ballot=3,Value=2"),
    "Consensus": Case("Value=2", "Value=2"),
    "Duel": Case("Proposer=2,Acceptor=3", "Proposer=2,Acceptor=3"),
    "ElectedDuel": Case("Proposer=2,Acceptor=3", "Proposer=2,Acceptor=3"),
    "RaftDuel": Case("Server=3,Rank=6", "Server=3,Rank=6"),
    "StableRaft": Case("Server=3,Rank=6", "Server=3,Rank=6"),
}


def test_the_sizes_of_every_row_are_accepted() -> None:
    for name, case in CASES.items():
        for text in (case.sizes, case.small):
            assert sizes_of(load_protocol(name), text)


@pytest.mark.benchmark
def test_protocols(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUORATE_CACHE", str(tmp_path / "cache"))
    started = time.perf_counter()
    say(f"\n{time.strftime('%Y-%m-%d')}, {machine()}, one thread.\n")
    head = (*HEAD, *BESIDE)
    say(row(head))
    say(row(["---"] * len(head)))
    begun = tlc("Consensus", "Value=2", tmp_path)
    start = 0.0 if isinstance(begun, str) else begun[1]
    for name, case in CASES.items():
        states, words, rate, steps = ours(name, case.sizes)
        expected = states_at(name, case.small)
        theirs = beside(rate, expected, tlc(name, case.small, tmp_path), start)
        rates = ("–" if r is None else f"{r:.2f}" for r in (rate, steps))
        line = (name, case.sizes, states, str(words), *rates, case.small)
        say(row((*line, *theirs)))
    if left := left_out():
        say(f"\nNot measured: {', '.join(left)}.")
    say(f"\nMeasured in {time.perf_counter() - started:.0f} s.")


def say(line: str) -> None:
    """Print a line at once: what was measured is not lost if the rest is not."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def left_out() -> list[str]:
    """The bundled protocols without a row that are more than companions or fairness."""
    return [n for n in BUNDLED if n not in CASES and not BUNDLED[n].startswith(EXTENDING)]


def sizes_of(protocol: type[Protocol], text: str) -> Sizes:
    """What a case says."""
    numbers = {name: int(size) for name, size in re.findall(r"(\w+)=(\d+)", text)}
    faults = {name: n for name, n in numbers.items() if name.islower()}
    return protocol.sized(faults, **{n: k for n, k in numbers.items() if n not in faults})


def ours(name: str, text: str) -> tuple[str, int, float | None, float | None]:
    """The number of states, the words of a state, and millions of states and steps a second."""
    protocol = load_protocol(name)
    search = explorer(protocol, sizes_of(protocol, text), limit=MOST)
    with search.sizes:
        search.kernel.code.improve()
    best = 0.0
    for _ in range(TURNS):
        begun = time.process_time()
        found = search.run(coverage=False)
        best = max(best, found.states / (time.process_time() - begun) / 1e6)
    more = "" if found.complete else "+"
    if found.states < FEWEST:
        return f"{found.states:,}{more}", found.words, None, None
    steps = best * found.transitions / found.states
    return f"{found.states:,}{more}", found.words, best, steps


def states_at(name: str, text: str) -> int:
    """The number of states at these sizes."""
    protocol = load_protocol(name)
    return explorer(protocol, sizes_of(protocol, text)).run(coverage=False).states


def beside(
    rate: float | None, expected: int, found: tuple[int, float] | str, start: float
) -> tuple[str, str, str]:
    """TLC's states, its millions of states a second, and how many times that our rate is."""
    if isinstance(found, str):
        return found, "–", "–"
    states, seconds = found[0], found[1] - start
    assert states == expected
    if seconds < MEASURABLE:
        return f"{states:,}", "–", "–"
    theirs = states / seconds / 1e6
    return f"{states:,}", f"{theirs:.4f}", "–" if rate is None else f"{rate / theirs:,.0f}"


def tlc(name: str, text: str, folder: Path) -> tuple[int, float] | str:
    """The number of states that TLC finds, and its seconds; or why there are none."""
    if not (JAVA and JAR):
        return "no TLC here"
    protocol = load_protocol(name)
    try:
        found = export(protocol, sizes_of(protocol, text))
    except InputError:
        return "not in TLA+"
    configuration = (found.configuration or "").replace("CHECK_DEADLOCK FALSE\n", "")
    (folder / f"{found.name}.tla").write_text(found.module, encoding="ascii")
    (folder / f"{found.name}.cfg").write_text(configuration, encoding="ascii")
    begun, clock = used(), time.perf_counter()
    command = [JAVA, "-XX:+UseSerialGC", "-cp", JAR, "tlc2.TLC", "-workers", "1", "-deadlock"]
    command += ["-continue", f"{found.name}.tla"]
    command = ["sh", "-c", f'ulimit -t {SECONDS}; exec "$@"', "sh", *command]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode < 0:  # it was ended
        return f"over {SECONDS} s"
    seconds = min(used() - begun, time.perf_counter() - clock)
    counts = re.findall(r"([\d,]+) distinct states found, 0 states left on queue", done.stdout)
    assert counts, done.stdout
    return int(counts[-1].replace(",", "")), seconds
