"""How fast a search is on this machine: one table, no assertion on time."""

from __future__ import annotations

import os
import shutil
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


ROUNDS = 3  # the least of which counts: other programs only ever cost time


@pytest.mark.benchmark
def test_against_c(tmp_path: Path) -> None:
    """The largest row by one thread, by two, and by a C program for this one model, in turns.

    Speeds are states by second of processor time; of two threads, also by second of the clock,
    which says something only while nothing else runs.
    """
    (a, b, v), states, transitions = ROWS[-1]
    program = compiled_c(tmp_path)
    searches = {n: Explorer(Paxos, Paxos.sized(Acceptor=a, Ballot=b, Value=v), threads=n)
                for n in (1, 2)}  # fmt: skip
    used: dict[str, list[float]] = {}
    for turn in range(1 + ROUNDS):  # the first warms up
        for n, search in searches.items():
            started = time.process_time()
            found = search.run(coverage=False)
            assert (found.states, found.transitions, found.depth) == (states, transitions, 32)
            if turn:
                cpu, clock = time.process_time() - started, found.seconds
                used.setdefault(f"{n} thread{'s' * (n > 1)}, CPU", []).append(cpu)
                used.setdefault(f"{n} thread{'s' * (n > 1)}, clock", []).append(clock)
        if program is not None:
            count, fired, depth, cpu_seconds = run_c(program)
            assert (count, fired, depth) == (states, transitions, 32)
            if turn:
                used.setdefault("C, 1 thread, CPU", []).append(cpu_seconds)
    least = {name: min(times) for name, times in used.items()}
    lines = ["", f"Paxos {a},{b},{v}: {states:,} states, the least of {ROUNDS} runs each"]
    lines += [f"{name:18} {t:6.3f} s  {states / t / 1e6:6.2f} M/s" for name, t in least.items()]
    if program is None:
        lines.append("no C compiler here: nothing to compare with")
    else:
        ratio = least["1 thread, CPU"] / least["C, 1 thread, CPU"]
        lines.append(f"one thread takes {ratio:.2f} times as long as the C program")
    speedup = least["1 thread, clock"] / least["2 threads, clock"]
    lines.append(f"two threads are {speedup:.2f} times as fast as one, by the clock")
    sys.stdout.write("\n".join(lines) + "\n")


def compiled_c(folder: Path) -> Path | None:
    """The C program, if there is a compiler."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        return None
    source, program = Path(__file__).with_name("paxos.c"), folder / "paxos"
    command = [compiler, "-O3", "-march=native", "-Wall", "-Werror", "-o", program, source]
    subprocess.run(command, check=True)
    return program


def run_c(program: Path) -> tuple[int, int, int, float]:
    """States, transitions, depth, CPU seconds."""
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    states, transitions, depth, seconds = done.stdout.split()
    return int(states), int(transitions), int(depth), float(seconds)


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
