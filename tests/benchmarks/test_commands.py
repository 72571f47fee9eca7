"""How long commands take, each as a process of its own; nothing is asserted.

Processor time includes Python's own start and the solvers' processes.
"""

from __future__ import annotations

import re
import statistics
from pathlib import Path

import pytest

import quorate.model
from quorate.checker.loading import BUNDLED, load_protocol

from .processes import process
from .report import section
from .test_protocols import CASES

RUNS = 3
# Copies of these, with other names and in a user's file, have nothing that comes with the package.
COPIED = ("Peterson", "Paxos", "TwoPhaseCommit", "Raft", "ViewstampedReplication")
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
WIDTH = 88


@pytest.mark.benchmark
def test_start(tmp_path: Path) -> None:
    """A whole `check` with an empty cache, and again with what that left; the medians."""
    warm_up, folder = tmp_path / "warm-up", tmp_path / "own"
    folder.mkdir()
    process(warm_up, check_of("Peterson", "Peterson"))  # Python compiles what it imports
    lines = [f"{'':{WIDTH - 32}}{'actions':>8}{'cold':>8}{'warm':>8}"]
    named = {name: name for name in CASES}
    named |= {f"{name}, copied": own_copy(name, folder) for name in COPIED}
    for number, (shown, given) in enumerate(named.items()):
        name = shown.removesuffix(", copied")
        command = check_of(name, given)
        times: list[tuple[float, float]] = []
        for turn in range(RUNS):
            cache = tmp_path / f"{number}-{turn}"
            times.append((process(cache, command)[1], process(cache, command)[1]))
        cold, warm = (statistics.median(column) for column in zip(*times, strict=True))
        actions = len(load_protocol(name).methods("action"))
        lines.append(f"{shown:{WIDTH - 32}}{actions:>8}{cold:>8.2f}{warm:>8.2f}")
    section("First and second runs: seconds of processor time of a whole `check`", lines)


def check_of(name: str, given: str) -> str:
    """The command for a protocol, under the name given, at small sizes.

    Of its properties the invariants, and what is to hold of runs unless it is a duel, which does
    not end.
    """
    case = CASES[name].small.replace(",crash=", " --faults crash=")
    only = " ".join(f"-i {i}" for i in load_protocol(name).methods("invariant"))
    return f"check {given} -s {case} {only if 'Duel' in name else ''}"


def own_copy(name: str, folder: Path) -> str:
    """A bundled protocol under another name, in a file of a user's."""
    module, _, _ = BUNDLED[name].partition(":")
    source = Path(quorate.model.__path__[0], f"{module.rpartition('.')[2]}.py").read_text()
    source = re.sub(rf"\b{name}\b", f"My{name}", source).replace("from .", "from quorate.model.")
    file = folder / f"my_{name.lower()}.py"
    file.write_text(source)
    return f"{file}:My{name}"


@pytest.mark.benchmark
def test_proofs(tmp_path: Path) -> None:
    """One run each; whatever is compiled is compiled before."""
    process(tmp_path, check_of("Paxos", "Paxos"))
    lines = [f"{'':{WIDTH}}{'CPU':>8}"]
    for command in PROOFS:
        _, cpu = process(tmp_path, command)
        lines.append(f"quorate {command:{WIDTH - 8}}{cpu:>8.2f}")
    section("Proofs: seconds of processor time of a whole command", lines)
