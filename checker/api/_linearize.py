"""`quorate.linearize`: whether a history of concurrent operations is linearizable."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from quorate.checker.conform.histories.checking import MOST, HistoryVerdict, Judged, judge
from quorate.checker.conform.histories.loading import load_specification
from quorate.checker.conform.histories.reading import read_history
from quorate.checker.conform.histories.specification import Specification
from quorate.checker.errors import InputError
from quorate.checker.rendering import histories as rendering
from quorate.checker.rendering.output import Output
from quorate.traces import Trace

from .results import Result


@dataclass(frozen=True, repr=False)
class LinearizeResult(Result):
    """What became of a history; `judged` has each object with an order of its operations."""

    judged: Judged

    @property
    def holds(self) -> bool:
        """Whether every object has an order that explains what was observed."""
        return self.judged.verdict is HistoryVerdict.LINEARIZABLE

    @property
    def violation(self) -> str | None:
        return rendering.finding_line(self.judged)

    @property
    def trace(self) -> Trace | None:
        """None: a history is of operations, not of steps of a model."""
        return None

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        return rendering.as_json(self.judged)

    def show(self, out: Output) -> None:
        rendering.report(out, self.judged)


def linearize(
    history: str | PathLike[str],
    specification: Specification | str = "register",
    *,
    most: int = MOST,
) -> LinearizeResult:
    """Look for an order of the operations in a history that a sequential object allows.

    The file has JSON lines or, if it ends in `.edn`, Jepsen's EDN. `specification` is "register",
    which with keys is a key-value store, "lock", or your own: an object or "path.py:Class". After
    `most` configurations of one object the search is given up, and the verdict is unknown.

    Raises InputError with file and line.
    """
    if isinstance(most, bool) or most < 1:
        raise InputError(f"most: found {most}, expected a number of configurations, 1 or more")
    object_ = load_specification(specification) if isinstance(specification, str) else specification
    read = read_history(Path(history), object_.calls)
    return LinearizeResult(judge(read, object_, most))
