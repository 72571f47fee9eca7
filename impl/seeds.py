"""`python -m quorate.impl.seeds`: thousands of seeded runs of all simulated systems, on all cores.

    python -m quorate.impl.seeds --runs 10000

The runs are shared out among the settings below; run k of a setting has the seed k. Each run that
fails is reported with the command that runs it again. Exit code 1: some run broke a rule, or did
not end; 2: bad arguments.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from multiprocessing import Pool
from types import MappingProxyType
from typing import Final, TypeAlias

from quorate.impl.faults import HEAVY
from quorate.impl.multipaxos.simulate import simulate_multipaxos
from quorate.impl.raft.reading import Reads
from quorate.impl.raft.replica import Options
from quorate.impl.raft.simulate import drift_of, simulate_raft
from quorate.impl.simulate import simulate
from quorate.impl.simulation.replicas import ROUGH, Plan, ReplicasReport

#: What is wrong with the run of a seed; None if nothing is.
Trial: TypeAlias = Callable[[int], str | None]

CHUNK: Final = 20


def _replicas(run: Callable[[int], ReplicasReport], seed: int) -> str | None:
    report = run(seed)
    return report.violation or (None if report.finished else "it does not end")


def _paxos(seed: int) -> str | None:
    report = simulate(nodes=5, seed=seed, faults=HEAVY)
    return report.violation or (None if report.decided else "nothing is decided")


def _raft(plan: Plan, options: Options, administered: bool = False) -> Trial:
    def run(seed: int) -> ReplicasReport:
        return simulate_raft(seed, plan, options, administered=administered)

    return partial(_replicas, run)


def _multipaxos(spares: int) -> Trial:
    return partial(_replicas, lambda seed: simulate_multipaxos(3, seed, ROUGH, spares))


_COMPACT: Final = Options(compact_after=5)
_LEASES: Final = Options(compact_after=5, reads=Reads.LEASE, drift=drift_of(20))

#: Each setting by its name.
SETTINGS: Final[Mapping[str, Trial]] = MappingProxyType(
    {
        "raft": _raft(Plan(faults=ROUGH), _COMPACT),
        "raft-leases": _raft(Plan(faults=ROUGH, drift_bound=20), _LEASES),
        "raft-members": _raft(Plan(spares=2, faults=ROUGH), _COMPACT, administered=True),
        "multipaxos": _multipaxos(0),
        "multipaxos-members": _multipaxos(2),
        "paxos": _paxos,
    }
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.runs < 1 or options.workers < 1:
        sys.stderr.write("--runs and --workers are at least 1.\n")
        return 2
    chosen = list(SETTINGS) if options.only is None else [options.only]
    if options.seed is not None:
        tasks = [(name, options.seed) for name in chosen]
    else:
        tasks = [(chosen[k % len(chosen)], k // len(chosen)) for k in range(options.runs)]
    failed = 0
    for name, seed, problem in _tried(tasks, options.workers):
        if problem is not None:
            failed += 1
            again = f"python -m quorate.impl.seeds --only {name} --seed {seed}"
            sys.stdout.write(f"✗ {problem}\n  {again}\n")
    counts = Counter(name for name, _ in tasks)
    told = ", ".join(f"{n:,} of {name}" for name, n in counts.items())
    sys.stdout.write(f"{'✗' if failed else '✓'} {failed} of {len(tasks):,} runs failed: {told}\n")
    return 1 if failed else 0


def _tried(tasks: Sequence[tuple[str, int]], workers: int) -> Iterator[tuple[str, int, str | None]]:
    """The tasks with what is wrong with each, as they end."""
    if workers == 1:
        yield from map(_one, tasks)
        return
    with Pool(workers) as pool:
        yield from pool.imap_unordered(_one, tasks, CHUNK)


def _one(task: tuple[str, int]) -> tuple[str, int, str | None]:
    name, seed = task
    return name, seed, SETTINGS[name](seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m quorate.impl.seeds", description="Simulate all systems by seeds."
    )
    parser.add_argument("--runs", type=int, default=600, help="how many in all (600)")
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--only", choices=SETTINGS, help="runs of this setting alone")
    cores = os.cpu_count() or 1
    parser.add_argument("--workers", type=int, default=cores, help=f"processes ({cores})")
    return parser


if __name__ == "__main__":
    sys.exit(main())
