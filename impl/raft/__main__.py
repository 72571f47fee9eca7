"""`python -m quorate.impl.raft`: simulate Raft by seed, and say how a failing seed is run again.

With `--seeds N` the first N seeds are tried, on all cores; with `--seed S` that one alone, and
`--history FILE` writes what its clients saw, for `quorate linearize`. Exit code 1: a violation, or
a run that does not end; 2: bad arguments.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from quorate.impl.errors import ConfigError
from quorate.impl.simulation.hunt import add_seed_options, run_by_seed, show
from quorate.impl.simulation.plan import ISOLATED, ROUGH, Plan
from quorate.impl.simulation.replicas import ReplicasReport

from .defects import VARIANTS
from .options import Options
from .reading import Reads
from .replica_defects import REPLICA_DEFECTS
from .simulate import drift_of, simulate_raft
from .variant import HEALTHY

KNOWN: Final = {**VARIANTS, **REPLICA_DEFECTS}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    return run_by_seed(_parser(), arguments, _problem, _show)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m quorate.impl.raft", description="Simulate Raft."
    )
    add_seed_options(parser)
    parser.add_argument("--nodes", type=int, default=3, help="members to start with (3)")
    parser.add_argument("--spares", type=int, default=0, help="servers that may join (0)")
    parser.add_argument("--calls", type=int, help="of each client (10; 80 with --isolate)")
    parser.add_argument("--compact", type=int, default=5, help="entries between snapshots (5)")
    parser.add_argument("--drift", type=int, help="reads by leases; clocks so many ms apart")
    parser.add_argument("--margin", type=int, help="what leases allow for, if not --drift")
    parser.add_argument("--isolate", action="store_true", help="cut the leader off, with clients")
    parser.add_argument("--change", action="store_true", help="change members, and hand over")
    parser.add_argument("--impl", choices=KNOWN, default=HEALTHY.name, help="or a defect")
    parser.add_argument("--history", type=Path, help="of --seed: write what clients saw here")
    return parser


def _problem(options: argparse.Namespace, seed: int) -> str | None:
    return _run(options, seed).problem


def _show(options: argparse.Namespace, seed: int) -> int:
    report = _run(options, seed)
    counts = f"{report.committed} entries in {report.terms} terms, {report.crashes} crashes"
    return show(report, counts, options.history)


def _run(options: argparse.Namespace, seed: int) -> ReplicasReport:
    if options.compact < 1:
        raise ConfigError(f"--compact is at least 1, not {options.compact}.")
    bound: int | None = options.drift
    world = ISOLATED if options.isolate else Plan(faults=ROUGH)
    calls = world.calls if options.calls is None else options.calls
    plan = replace(
        world, nodes=options.nodes, spares=options.spares, calls=calls, drift_bound=bound
    )
    chosen = Options(compact_after=options.compact)
    if bound is not None:
        margin = bound if options.margin is None else options.margin
        chosen = replace(chosen, reads=Reads.LEASE, drift=drift_of(margin))
    elif options.margin is not None:
        raise ConfigError("--margin is of leases: give --drift.")
    return simulate_raft(seed, plan, chosen, KNOWN[options.impl], administered=options.change)


if __name__ == "__main__":
    sys.exit(main())
