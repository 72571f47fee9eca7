"""How long `quorate check` of a small model takes as a process of its own; nothing is asserted.

First with empty caches, then with what that left: the least of some runs, in seconds of wall time
and of processor time, Python's own start included.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

RUNS = 10
MODELS = {
    "Paxos": "Acceptor=3,Ballot=2,Value=2",
    "RaftElection": "Server=3,Term=1,Value=1,Index=1",
    "TwoPhaseCommit": "Coordinator=1,Participant=3",
    "MultiPaxos": "Proposer=1,Acceptor=3,Slot=1,Value=1,Ballot=2",
}
START = "import sys; from quorate.checker.cli.main import run; sys.exit(run(sys.argv[1:]))"


@pytest.mark.benchmark
def test_start(tmp_path: Path) -> None:
    lines = ["", f"{'':76}{'cold':>8}{'warm':>8}{'of processor time':>20}"]
    for name, sizes in MODELS.items():
        cold, _ = process(tmp_path / name, name, sizes)
        warm = [process(tmp_path / name, name, sizes) for _ in range(RUNS)]
        wall, used = min(w for w, _ in warm), min(u for _, u in warm)
        command = f"quorate check {name} -s {sizes}"
        lines.append(f"{command:76}{cold:>6.2f} s{wall:>6.2f} s{used:>18.2f} s")
    sys.stdout.write("\n".join(lines) + "\n")


def process(cache: Path, name: str, sizes: str) -> tuple[float, float]:
    """Wall time and processor time of the verb in a process of its own."""
    before, started = used(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", START, "check", name, "-s", sizes],
        env={**os.environ, "QUORATE_CACHE": str(cache)},
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - started, used() - before


def used() -> float:
    """Seconds of processor time that processes started here have taken."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
