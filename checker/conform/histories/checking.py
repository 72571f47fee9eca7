"""The verdict on a history: whether each of its objects is linearizable."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum

from .operation import Operation, exact
from .reading import History
from .search import Searched, linearize
from .specification import Specification

MOST = 1_000_000
"""How many configurations are looked at for one object, by default."""


class HistoryVerdict(Enum):
    """What a history is found to be."""

    LINEARIZABLE = "linearizable"
    NOT_LINEARIZABLE = "not linearizable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OneObject:
    """The operations on one object, and what the search found; `order` and `stuck` index them."""

    key: Hashable
    operations: Sequence[Operation]
    searched: Searched

    @property
    def verdict(self) -> HistoryVerdict:
        if self.searched.stuck is not None:
            return HistoryVerdict.NOT_LINEARIZABLE
        unknown = self.searched.exhausted
        return HistoryVerdict.UNKNOWN if unknown else HistoryVerdict.LINEARIZABLE

    @property
    def stuck(self) -> Operation | None:
        """The operation whose end nothing explains."""
        number = self.searched.stuck
        return None if number is None else self.operations[number]


@dataclass(frozen=True, slots=True)
class Judged:
    """A history and what was found of each object."""

    history: History
    specification: Specification
    objects: Sequence[OneObject]
    most: int

    @property
    def verdict(self) -> HistoryVerdict:
        """Not linearizable if one object is not; unknown if one is, or if nothing returned."""
        found = {one.verdict for one in self.objects}
        if HistoryVerdict.NOT_LINEARIZABLE in found:
            return HistoryVerdict.NOT_LINEARIZABLE
        if HistoryVerdict.UNKNOWN in found or not self.returned:
            return HistoryVerdict.UNKNOWN
        return HistoryVerdict.LINEARIZABLE

    @property
    def returned(self) -> int:
        """How many operations returned: the others claim nothing."""
        return sum(operation.known for operation in self.history.operations)

    @property
    def worst(self) -> OneObject | None:
        """The object that shows first that the history is not linearizable."""
        wrong = [(one.stuck.last or 0, i) for i, one in enumerate(self.objects) if one.stuck]
        return self.objects[min(wrong)[1]] if wrong else None


def judge(history: History, specification: Specification, most: int = MOST) -> Judged:
    """Look for an order of the operations on each object, with `most` configurations for each."""
    objects: dict[Hashable, list[Operation]] = {}
    for operation in history.operations:
        objects.setdefault(exact(operation.key), []).append(operation)
    found = tuple(
        OneObject(operations[0].key, operations, linearize(operations, specification, most))
        for operations in objects.values()
    )
    return Judged(history, specification, found, most)
