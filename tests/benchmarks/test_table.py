"""Quorate beside others, on Lamport's Paxos at three sizes: one table, no assertion on time.

Every row is measured in the same run, the searches by turns, the best of three. What is compared is
the wall time of a search, without making the verifier. All must find the same number of states, but
for those that leave some out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.results import Outcome
from quorate.model.language.declare.sorts import Sizes
from quorate.model.paxos import Paxos

from ..support.searching import explorer
from .report import section
from .rivals import running
from .rivals.running import Run

SIZES = {(3, 2, 2): 3_921, (3, 3, 2): 185_369, (3, 4, 2): 8_220_065}
TURNS = 3
SLOW = 20.0  # seconds beyond which one measurement is enough

Search = Callable[[tuple[int, int, int], Path], Run | None]


def quorate(**options: Any) -> Search:
    """A search by the explorer with these options."""

    def run(size: tuple[int, int, int], folder: Path) -> Run:
        search = explorer(Paxos, sized(size), **options)
        used = time.process_time()
        found = search.run(coverage=False)
        used = time.process_time() - used
        assert found.outcome is Outcome.HOLDS
        held = search.bytes_per_state() * found.states
        return Run(found.full_states, found.seconds, used, held)

    return run


def plain(size: tuple[int, int, int], folder: Path) -> Run | None:
    """The reference explorer, in plain Python."""
    if SIZES[size] > 10_000:
        return None
    found = explore_reference(Paxos, sized(size))
    return Run(found.states, found.seconds, found.seconds, 0)


def spilled(size: tuple[int, int, int], folder: Path) -> Run | None:
    """The states on disk but for 32 MiB."""
    if SIZES[size] < 1_000_000:
        return None
    return quorate(memory=32 << 20, spill=folder)(size, folder)


ROWS: dict[str, Search] = {
    "Quorate, 1 thread": quorate(),
    "Quorate, 2 threads": quorate(threads=2),
    "Quorate, --symmetry": quorate(symmetry=True),
    "Quorate, --por": quorate(por=True),
    "Quorate, --symmetry --por": quorate(symmetry=True, por=True),
    "Quorate, 32 MiB and the disk": spilled,
    "plain Python, the class itself": plain,
    "a C program for this model alone": running.limit,
    "SPIN 6.5, depth-first": running.spin,
    "Rumur, 1 thread": running.rumur,
    "Rumur, 2 threads": lambda size, folder: running.rumur(size, folder, threads=2),
}


@pytest.mark.benchmark
def test_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUORATE_CACHE", str(tmp_path / "cache"))
    for search in (*list(ROWS.values())[:6], plain):  # what is compiled once is compiled now
        for size in list(SIZES)[:2]:
            search(size, tmp_path)
    best: dict[tuple[str, tuple[int, int, int]], Run] = {}
    for turn in range(TURNS):
        # A virtual machine may get memory only when it is first used: let no row pay for the next.
        quorate()(max(SIZES), tmp_path)
        for name, search in ROWS.items():
            for size, states in SIZES.items():
                if turn and (name, size) in best and best[name, size].seconds > SLOW:
                    continue
                found = search(size, tmp_path)
                if found is None:
                    continue
                if "--por" not in name:  # which leaves states out
                    assert found.states == states, f"{name} finds {found.states:,} states"
                known = best.get((name, size))
                if known is None or found.seconds < known.seconds:
                    best[name, size] = found
    section("Searching: seconds of the search alone", table(best))


def table(best: dict[tuple[str, tuple[int, int, int]], Run]) -> list[str]:
    """The rows: seconds at each size; at the largest also the bytes that a state takes.

    The ratio is the time at the largest size in terms of the first row's.
    """
    ballots = "".join(f"{f'{b} ballots':>12}" for _, b, _ in SIZES)
    states = "".join(f"{n:>12,}" for n in SIZES.values())
    lines = [f"{'':34}{ballots}", f"{'states':34}{states}{'ratio':>8}{'bytes/state':>13}"]
    largest = max(SIZES)
    for name in ROWS:
        runs = [best.get((name, size)) for size in SIZES]
        line = f"{name:34}" + "".join(
            f"{run.seconds:>12.4f}" if run else f"{'':12}" for run in runs
        )
        if (run := runs[-1]) is not None:
            line += f"{run.seconds / best[next(iter(ROWS)), largest].seconds:>8.2f}"
            line += f"{run.peak / SIZES[largest]:>13.0f}" if run.peak else ""
        lines.append(line.rstrip())
    return lines


def sized(size: tuple[int, int, int]) -> Sizes:
    a, b, v = size
    return Paxos.sized(Acceptor=a, Ballot=b, Value=v)
