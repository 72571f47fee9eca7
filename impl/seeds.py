"""`python -m quorate.impl.seeds`: thousands of seeded runs of all simulated systems, on all cores.

    python -m quorate.impl.seeds --runs 10000

The runs are shared out among the settings below; run k of a setting has the seed k. Each run that
fails is reported with the command that runs it again. Exit code 1: some run broke a rule, or did
not end; 2: bad arguments.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeAlias

from quorate.impl.errors import ConfigError
from quorate.impl.multipaxos.simulate import simulate_multipaxos
from quorate.impl.paxos.simulate import simulate
from quorate.impl.raft.options import Options
from quorate.impl.raft.reading import Reads
from quorate.impl.raft.simulate import drift_of, simulate_raft
from quorate.impl.simulation.faults import HEAVY
from quorate.impl.simulation.hunt import add_workers, count_failures
from quorate.impl.simulation.plan import ISOLATED, ROUGH, Plan

#: What is wrong with the run of a seed; None if nothing is.
Trial: TypeAlias = Callable[[int], str | None]

PROG: Final = "python -m quorate.impl.seeds"


def _paxos(seed: int) -> str | None:
    report = simulate(nodes=5, seed=seed, faults=HEAVY)
    return report.violation or (None if report.decided else "nothing is decided")


def _raft(plan: Plan, options: Options, administered: bool = False) -> Trial:
    return lambda seed: simulate_raft(seed, plan, options, administered=administered).problem


def _multipaxos(spares: int) -> Trial:
    return lambda seed: simulate_multipaxos(3, seed, ROUGH, spares).problem


_COMPACT: Final = Options(compact_after=5)
_LEASES: Final = Options(compact_after=5, reads=Reads.LEASE, drift=drift_of(20))

#: Each setting by its name.
SETTINGS: Final[Mapping[str, Trial]] = MappingProxyType(
    {
        "raft": _raft(Plan(faults=ROUGH), _COMPACT),
        "raft-leases": _raft(Plan(faults=ROUGH, drift_bound=20), _LEASES),
        "raft-isolated": _raft(replace(ISOLATED, drift_bound=20), _LEASES),
        "raft-members": _raft(Plan(spares=2, faults=ROUGH), _COMPACT, administered=True),
        "multipaxos": _multipaxos(0),
        "multipaxos-members": _multipaxos(2),
        "paxos": _paxos,
    }
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _try_all(options)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _try_all(options: argparse.Namespace) -> int:
    if options.runs < 1:
        raise ConfigError(f"--runs is at least 1, not {options.runs}.")
    chosen = list(SETTINGS) if options.only is None else [options.only]
    if options.seed is not None:
        tasks = [(name, options.seed) for name in chosen]
    else:
        tasks = [(chosen[k % len(chosen)], k // len(chosen)) for k in range(options.runs)]
    failed = count_failures(_one, tasks, options.workers, _again)
    counts = Counter(name for name, _ in tasks)
    told = ", ".join(f"{n:,} of {name}" for name, n in counts.items())
    sys.stdout.write(f"{'✗' if failed else '✓'} {failed} of {len(tasks):,} runs failed: {told}\n")
    return 1 if failed else 0


def _one(task: tuple[str, int]) -> str | None:
    name, seed = task
    return SETTINGS[name](seed)


def _again(task: tuple[str, int]) -> str:
    name, seed = task
    return f"{PROG} --only {name} --seed {seed}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROG, description="Simulate all systems by seeds.")
    parser.add_argument("--runs", type=int, default=600, help="how many in all (600)")
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--only", choices=SETTINGS, help="runs of this setting alone")
    add_workers(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
