"""Many seeded runs, on all cores: which of them fail, and the commands that run these again."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Any, Final, TypeVar

from quorate.impl.errors import ConfigError
from quorate.impl.store.history import write_history

from .replicas import ReplicasReport

TaskT = TypeVar("TaskT")

#: How many runs a process is given at once, at most.
MOST_AT_ONCE: Final = 20

#: Options that say which runs are made, and how many at a time, but not what they are.
WHICH: Final = frozenset({"seed", "seeds", "workers", "history"})


def add_seed_options(parser: argparse.ArgumentParser) -> None:
    """`--seed S` for one run, `--seeds N` for the first N, `--workers W`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--seed", type=int, help="run this seed, and show how it ends")
    which.add_argument("--seeds", type=int, default=100, help="try so many (100)")
    add_workers(parser)


def add_workers(parser: argparse.ArgumentParser) -> None:
    """`--workers W`: how many processes, by default one for each core."""
    cores = os.cpu_count() or 1
    parser.add_argument("--workers", type=int, default=cores, help=f"processes ({cores})")


def run_by_seed(
    parser: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
    trial: Callable[[argparse.Namespace, int], str | None],
    show_one: Callable[[argparse.Namespace, int], int],
) -> int:
    """A command line with the options of `add_seed_options`; returns the exit status.

    `trial` is as for `hunt`; `show_one` runs the seed of `--seed`, and says how it ends.
    """
    options = parser.parse_args(arguments)
    try:
        if options.seed is None:
            return hunt(parser, options, trial)
        return show_one(options, options.seed)
    except (ConfigError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def hunt(
    parser: argparse.ArgumentParser,
    options: argparse.Namespace,
    trial: Callable[[argparse.Namespace, int], str | None],
) -> int:
    """Try the first `--seeds` seeds; returns the exit status. `trial` is a module's own function.

    It says what is wrong with the run of a seed; None if nothing is. Raises ConfigError.
    """
    if getattr(options, "history", None) is not None:
        raise ConfigError("--history is of one run: give --seed.")
    if options.seeds < 1:
        raise ConfigError(f"--seeds is at least 1, not {options.seeds}.")
    given = _given(parser, options)
    failed = count_failures(
        partial(trial, options),
        range(options.seeds),
        options.workers,
        lambda seed: f"{parser.prog} --seed {seed}{given}",
    )
    sys.stdout.write(f"{'✗' if failed else '✓'} {failed} of {options.seeds} seeds failed\n")
    return 1 if failed else 0


def show(report: ReplicasReport, counts: str, history: Path | None) -> int:
    """Say how one run ended, and write down what its clients saw; returns the exit status."""
    if history is not None:
        write_history(history, report.history)
    sys.stdout.write(f"✓ {counts}\n" if report.problem is None else f"✗ {report.problem}\n")
    return 0 if report.problem is None else 1


def count_failures(
    trial: Callable[[TaskT], str | None],
    tasks: Sequence[TaskT],
    workers: int,
    again: Callable[[TaskT], str],
) -> int:
    """How many of the tasks fail. For each that does, in order, what is wrong is printed, and
    the command that runs it again. Raises ConfigError, and what a trial raises.
    """
    if workers < 1:
        raise ConfigError(f"--workers is at least 1, not {workers}.")
    failed = 0
    for task, problem in zip(tasks, _tried(trial, tasks, workers), strict=True):
        if problem is not None:
            failed += 1
            sys.stdout.write(f"✗ {problem}\n  {again(task)}\n")
    return failed


def _tried(
    trial: Callable[[TaskT], str | None], tasks: Sequence[TaskT], workers: int
) -> Iterator[str | None]:
    if workers == 1 or len(tasks) == 1:
        yield from map(trial, tasks)
        return
    with Pool(min(workers, len(tasks))) as pool:
        at_once = max(1, min(MOST_AT_ONCE, len(tasks) // (4 * workers)))
        yield from pool.imap(trial, tasks, at_once)


def _given(parser: argparse.ArgumentParser, options: argparse.Namespace) -> str:
    """The options that are not as they are by default, but for those that say which runs."""
    given: dict[str, Any] = {
        name: value
        for name, value in vars(options).items()
        if name not in WHICH and value != parser.get_default(name)
    }
    return "".join(f" --{name}" + ("" if v is True else f" {v}") for name, v in given.items())
