"""How fast a search is on this machine: one table, no assertion on time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quorate.checker.explore.explorer import Explorer
from quorate.checker.explore.reference import explore_reference
from quorate.model.paxos import Paxos

ROWS = [
    ((3, 2, 2), 3_921, 23_466),
    ((3, 3, 2), 185_369, 1_350_915),
    ((3, 4, 2), 8_220_065, 69_931_796),
]
SCRIPT = """
import sys, time
started = time.perf_counter()
from quorate.checker.explore.explorer import explore
from quorate.model.paxos import Paxos
found = explore(Paxos, Paxos.sized(Acceptor=3, Ballot=3, Value=2))
assert found.states == 185369
print(time.perf_counter() - started)
"""


@pytest.mark.benchmark
def test_explore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUORATE_CACHE", str(tmp_path))
    _warm_up()
    lines = [
        "",
        "Paxos        states      transitions   compile    search      CPU  states/CPU s  bytes",
    ]
    for (a, b, v), states, transitions in ROWS:
        sizes = Paxos.sized(Acceptor=a, Ballot=b, Value=v)
        started = time.perf_counter()
        search = Explorer(Paxos, sizes)
        made = time.perf_counter() - started
        used = time.process_time()
        found = search.run(coverage=False)
        used = time.process_time() - used
        assert (found.states, found.transitions) == (states, transitions)
        lines.append(
            f"{a},{b},{v}  {states:13,}  {transitions:15,}  {made:6.2f} s  {found.seconds:6.3f} s "
            f"{used:6.3f} s  {states / used:13,.0f}  {search.bytes_per_state():12}"
        )
    plain = explore_reference(Paxos, Paxos.sized(Acceptor=3, Ballot=2, Value=2))
    search = Explorer(Paxos, Paxos.sized(Acceptor=3, Ballot=2, Value=2))
    fast = min(search.run(coverage=False).seconds for _ in range(5))
    lines.append(
        f"plain Python at 3,2,2: {plain.seconds:.2f} s, the kernel {fast * 1000:.1f} ms: "
        f"{plain.seconds / fast:,.0f} times faster"
    )
    cold, warm = _process(tmp_path / "new"), _process(tmp_path / "new")
    lines.append(
        f"3,3,2 in a process of its own, imports and guard coverage included: "
        f"{cold:.2f} s with an empty kernel cache, then {warm:.2f} s"
    )
    sys.stdout.write("\n".join(lines) + "\n")


def _warm_up() -> None:
    """Load the search driver, for one word and for two."""
    for ballots in (2, 3):
        Explorer(Paxos, Paxos.sized(Acceptor=3, Ballot=ballots, Value=2), limit=10).run()


def _process(cache: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "QUORATE_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)
