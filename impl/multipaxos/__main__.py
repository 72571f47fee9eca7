"""`python -m quorate.impl.multipaxos`: simulate Multi-Paxos by seed, and replay a run that failed.

With `--seeds N` that many seeds are tried, from `--seed` on, and for each that fails the command
that runs it again is printed. With `--history FILE` a single run writes down what its clients saw,
for `quorate linearize`. Exit code 1: a run broke a rule or did not end; 2: bad arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from quorate.impl.errors import ConfigError
from quorate.impl.simulation.replicas import ROUGH, ReplicasReport

from .composition import HEALTHY
from .defects import COMPOSITIONS
from .simulate import simulate_multipaxos


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _hunt(options)
    except (ConfigError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m quorate.impl.multipaxos", description="Simulate Multi-Paxos."
    )
    parser.add_argument("--seed", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds to try (1)")
    parser.add_argument("--nodes", type=int, default=3, help="how many acceptors (3)")
    parser.add_argument(
        "--spares", type=int, default=0, help="further replicas, among which acceptors change (0)"
    )
    parser.add_argument("--impl", choices=COMPOSITIONS, default=HEALTHY.name, help="or a defect")
    parser.add_argument("--history", type=Path, help="write what the clients of one run saw")
    return parser


def _hunt(options: argparse.Namespace) -> int:
    if options.seeds < 1 or (options.history is not None and options.seeds > 1):
        raise ConfigError(f"--seeds is at least 1, and 1 with --history; not {options.seeds}.")
    failed = 0
    for seed in range(options.seed, options.seed + options.seeds):
        report = simulate_multipaxos(
            options.nodes, seed, ROUGH, options.spares, COMPOSITIONS[options.impl]
        )
        if options.history is not None:
            events = "".join(json.dumps(event) + "\n" for event in report.history)
            options.history.write_text(events, encoding="utf-8")
        failed += _tell(options, report)
    _say(f"{'✗' if failed else '✓'} {failed} of {options.seeds} runs failed")
    return 1 if failed else 0


def _tell(options: argparse.Namespace, report: ReplicasReport) -> bool:
    """Say how one run ended, if it failed or is the only one; whether it failed."""
    failed = report.violation is not None or not report.finished
    if failed or options.seeds == 1:
        ended = "ended" if report.finished else "did not end"
        _say(
            f"seed {report.seed}: {report.violation or ended} after {report.virtual_s:.2f} s, "
            f"{report.committed} slots, {report.terms} rounds, {report.crashes} crashes, "
            f"{report.given_up} calls given up"
        )
    if failed and options.seeds > 1:
        _say(f"  python -m quorate.impl.multipaxos --seed {report.seed}{_as_given(options)}")
    return failed


def _as_given(options: argparse.Namespace) -> str:
    """The options that are not as they are by default."""
    parser = _parser()
    return "".join(
        f" --{name} {getattr(options, name)}"
        for name in ("nodes", "spares", "impl")
        if getattr(options, name) != parser.get_default(name)
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
