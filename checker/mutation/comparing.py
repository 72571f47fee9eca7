"""The states of a mutant and those of its protocol, in one layout."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.ground.columns import Column
from quorate.checker.ground.layout import Layout


def states_as(found: Explorer, layout: Layout) -> npt.NDArray[Any] | None:
    """The states that a search found, packed like those of this layout, each once and in order.

    What the layout has no cells for is left out. The result is None if some cell does not have the
    same values, because a field of a message can be the bottom of its sort in one of the two alone.
    """
    own, store = found.kernel.layout, found.store
    rows = store.states[: store.count * store.words].reshape(-1, store.words)
    if not _spaces(layout).items() <= _spaces(own).items():
        return None
    columns = {column.name: column for column in own.columns()}
    packed = np.zeros((len(rows), layout.words), rows.dtype)
    for column in layout.columns():
        source = columns.get(column.name)
        if source is None or (source.count, source.size) != (column.count, column.size):
            return None
        _copy(rows, source, packed, column)
    return np.unique(packed.view([("", packed.dtype)] * layout.words))


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
