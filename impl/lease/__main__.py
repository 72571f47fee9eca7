"""`python -m quorate.impl.lease`: simulate leases by seed, and show the run with a stale read.

With `--seeds N` the first N seeds are tried, on all cores; with `--seed S` the end of that run is
shown. Exit code 1: a read was stale; 2: bad arguments.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from quorate.impl.simulation.hunt import add_seed_options, run_by_seed

from .defects import HEALTHY, VARIANTS
from .node import Wait
from .report import LeaseReport, as_table
from .simulate import simulate_leases

SHOWN: Final = 24


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    return run_by_seed(_parser(), arguments, _problem, _show)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m quorate.impl.lease", description="Simulate leader leases."
    )
    add_seed_options(parser)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--lease", type=int, default=100, help="length of a lease, ticks (100)")
    parser.add_argument("--margin", type=int, default=10, help="what followers wait longer (10)")
    parser.add_argument("--drift", type=int, default=10, help="bound on the clocks, ticks (10)")
    parser.add_argument("--impl", choices=VARIANTS, default=HEALTHY.name, help="or a defect")
    return parser


def _problem(options: argparse.Namespace, seed: int) -> str | None:
    return _run(options, seed).stale


def _show(options: argparse.Namespace, seed: int) -> int:
    report = _run(options, seed)
    _say(as_table([f"n{i}" for i in range(options.nodes)], report.log[-SHOWN:]))
    if report.stale is None:
        _say(f"✓ {report.reads} reads in {report.terms} terms, none stale")
        return 0
    _say(f"✗ {report.stale}")
    return 1


def _run(options: argparse.Namespace, seed: int) -> LeaseReport:
    wait = Wait(options.lease, options.margin)
    return simulate_leases(seed, options.nodes, wait, options.drift, VARIANTS[options.impl])


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
