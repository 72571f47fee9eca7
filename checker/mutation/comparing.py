"""The states of a mutant and those of its protocol, in one layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.ground.columns import Column
from quorate.checker.ground.layout import Layout


@dataclass(frozen=True)
class StatesCompared:
    """How many states a mutant reaches that its protocol does not, and the other way round.

    Of each it has the number of the first in the order of discovery, which no other has a shorter
    run to.
    """

    new: int = 0
    lost: int = 0
    first_new: int | None = None
    first_lost: int | None = None

    @property
    def same(self) -> bool:
        """Whether the two reach the same states."""
        return not self.new and not self.lost


def compared(mutant: Explorer, original: Explorer) -> StatesCompared | None:
    """The states that two searches found, compared by the variables of the original.

    None if some cell does not have the same values, because a field of a message can be the bottom
    of its sort in one of the two alone.
    """
    if mutant is original:
        return StatesCompared()
    layout = original.kernel.layout
    found, known = states_as(mutant, layout), states_as(original, layout)
    assert known is not None
    if found is None:
        return None
    kinds = _kinds(np.concatenate([known, found]))
    inside = np.zeros((2, kinds.max() + 1), bool)
    old, new = np.split(kinds, [len(known)])
    inside[0, old], inside[1, new] = True, True
    only_new, only_old = inside[1] & ~inside[0], inside[0] & ~inside[1]
    return StatesCompared(
        int(only_new.sum()), int(only_old.sum()), _first(only_new[new]), _first(only_old[old])
    )


def _first(marks: npt.NDArray[np.bool_]) -> int | None:
    return int(marks.argmax()) if marks.any() else None


def _kinds(rows: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """A number for each row, the same for the same rows.

    To sort by columns takes half the time that sorting records takes.
    """
    order = np.lexsort(rows.T)
    ordered = rows[order]
    kinds = np.empty(len(rows), np.int64)
    steps = (ordered[1:] != ordered[:-1]).any(axis=1)
    kinds[order] = np.concatenate([[0], np.cumsum(steps)])
    return kinds


def states_as(found: Explorer, layout: Layout) -> npt.NDArray[Any] | None:
    """The states that a search found, as rows packed like those of this layout, in their order.

    What the layout has no cells for is left out. The result is None if some cell does not have the
    same values.
    """
    own, store = found.kernel.layout, found.store
    rows = store.states[: store.count * store.words].reshape(-1, store.words)
    if not _spaces(layout).items() <= _spaces(own).items():
        return None
    if own.placed() == layout.placed():
        return rows
    columns = {column.name: column for column in own.columns()}
    packed = np.zeros((len(rows), layout.words), rows.dtype)
    for column in layout.columns():
        source = columns.get(column.name)
        if source is None or (source.count, source.size) != (column.count, column.size):
            return None
        _copy(rows, source, packed, column)
    return packed


def _spaces(layout: Layout) -> dict[str, tuple[tuple[str, bool], ...]]:
    """For each class of messages its fields, and whether each is never the bottom of its sort."""
    return {
        message.column.name: tuple((space.name, space.proper) for space in message.spaces)
        for message in layout.messages.values()
    }


def _copy(rows: npt.NDArray[Any], source: Column, packed: npt.NDArray[Any], column: Column) -> None:
    mask = rows.dtype.type((1 << column.bits) - 1)
    for index in range(column.count):
        (word, bit), (to, shift) = source.place(index), column.place(index)
        cell = rows[:, word] >> rows.dtype.type(bit) & mask
        packed[:, to] |= cell << rows.dtype.type(shift)
