"""`python -m quorate.impl.multipaxos`: simulate Multi-Paxos by seed, and replay a run that failed.

With `--seeds N` the first N seeds are tried, on all cores; with `--seed S` that one alone, and
`--history FILE` writes what its clients saw, for `quorate linearize`. Exit code 1: a run broke a
rule, or did not end; 2: bad arguments.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from quorate.impl.simulation.hunt import add_seed_options, run_by_seed, show
from quorate.impl.simulation.plan import ROUGH
from quorate.impl.simulation.replicas import ReplicasReport

from .composition import HEALTHY
from .defects import COMPOSITIONS
from .simulate import simulate_multipaxos


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    return run_by_seed(_parser(), arguments, _problem, _show)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m quorate.impl.multipaxos", description="Simulate Multi-Paxos."
    )
    add_seed_options(parser)
    parser.add_argument("--nodes", type=int, default=3, help="how many acceptors (3)")
    parser.add_argument(
        "--spares", type=int, default=0, help="further replicas, among which acceptors change (0)"
    )
    parser.add_argument("--impl", choices=COMPOSITIONS, default=HEALTHY.name, help="or a defect")
    parser.add_argument("--history", type=Path, help="of --seed: write what clients saw here")
    return parser


def _problem(options: argparse.Namespace, seed: int) -> str | None:
    return _run(options, seed).problem


def _show(options: argparse.Namespace, seed: int) -> int:
    report = _run(options, seed)
    counts = (
        f"{report.committed} slots in {report.terms} rounds, {report.crashes} crashes, "
        f"{report.given_up} calls given up, {report.virtual_s:.2f} s"
    )
    return show(report, counts, options.history)


def _run(options: argparse.Namespace, seed: int) -> ReplicasReport:
    composition = COMPOSITIONS[options.impl]
    return simulate_multipaxos(options.nodes, seed, ROUGH, options.spares, composition)


if __name__ == "__main__":
    sys.exit(main())
