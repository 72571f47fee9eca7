"""The logs of a run, held against a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from quorate.checker.conform.logs.log import budgets, read
from quorate.checker.conform.logs.outcome import Validation
from quorate.checker.conform.logs.reading import read_logs
from quorate.checker.conform.logs.validating import hold
from quorate.model.language import Protocol

from .system import System

MOST = 20_000
"""States, besides one for each line, after which the logs of a run are given up, and said to be:
where no run of the model explains them, looking for one can take very long."""


def judge(system: System, protocol: type[Protocol], folder: Path) -> Validation | None:
    """How the logs of a run fare; None if the system has none.

    Any of them may end in a cut line: all nodes were killed. Raises InputError.
    """
    paths = logs_of(system, folder)
    if not paths:
        return None
    written = read_logs(paths)
    objects = [w.fields for lines in written for w in lines if w.fields is not None]
    sizes = dict(system.sizes(objects))
    bounds = protocol.sized(faults={}, **sizes)
    with bounds:
        mapping, crashed = system.mapping(), tuple(map(str, paths))
        log = read(paths, protocol, bounds, mapping, (), crashed, written)
    bounds = protocol.sized(faults=budgets(log, None), **sizes)
    with bounds:
        log.sizes = bounds
        return hold(log, system.hidden, MOST)


def logs_of(system: System, folder: Path) -> Sequence[Path]:
    """The logs that there are in the folder of a run."""
    found = system.logs({node: folder / node for node in system.nodes})
    return [path for path in found if path.exists()]


def tail(path: Path, most: int) -> tuple[str, ...]:
    """The last lines of a file."""
    return tuple(path.read_text(encoding="utf-8", errors="replace").splitlines()[-most:])
