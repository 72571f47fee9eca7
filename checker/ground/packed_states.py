"""Many states as rows of words: what would take gigabytes as Python values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from quorate.model.language import SizeError
from quorate.model.language.interpreter import State

from .columns import Column
from .layout import Layout
from .packing import Packing
from .vector import States, Vector, put

TOGETHER = 1 << 16  # rows that are looked at at once

Places = npt.NDArray[np.int64]


class PackedStates(Sequence[State]):
    """States that are held as rows of a packing, and unpacked when they are read."""

    def __init__(self, packing: Packing, rows: States) -> None:
        self.packing, self.rows = packing, rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, k: int) -> State: ...
    @overload
    def __getitem__(self, k: slice) -> PackedStates: ...
    def __getitem__(self, k: int | slice) -> State | PackedStates:
        if isinstance(k, slice):
            return PackedStates(self.packing, self.rows[k])
        with self.packing.layout.sizes:
            return self.packing.unpack(self.rows[k])

    def __contains__(self, state: object) -> bool:
        return self._first(state) is not None

    def index(self, state: Any, *bounds: int) -> int:
        """Where a state is. Raises ValueError if it is not there."""
        if bounds:
            return super().index(state, *bounds)
        if (found := self._first(state)) is None:
            raise ValueError(f"{state!r} is not in the sequence")
        return found

    def _first(self, state: Any) -> int | None:
        with self.packing.layout.sizes:
            try:
                row = self.packing.pack(state)
            except SizeError:
                return None
        return place_of(row, self.rows)


def rows_of(packing: Packing, states: Sequence[State]) -> States:
    """The words of states, one row for each."""
    if isinstance(states, PackedStates):
        return repacked(states.rows, states.packing.layout, packing.layout)
    rows = [packing.pack(s) for s in states]
    return np.array(rows, np.uint64).reshape(len(rows), packing.layout.words)


def taken(states: Sequence[State], places: Places) -> Sequence[State]:
    """The states at these places, in their order."""
    if isinstance(states, PackedStates):
        return PackedStates(states.packing, states.rows[places])
    return [states[k] for k in places.tolist()]


def place_of(row: States, rows: States) -> int | None:
    """The first row that is equal to this one."""
    found = np.flatnonzero((rows == row).all(axis=1))
    return int(found[0]) if len(found) else None


def pieces(rows: States) -> Iterator[States]:
    """The rows, so many at once that what is computed of them stays in the processor's cache."""
    return (rows[k : k + TOGETHER] for k in range(0, len(rows), TOGETHER))


def repacked(rows: States, theirs: Layout, ours: Layout) -> States:
    """States of one layout as another one of the same protocol packs them.

    Of what follows from other cells, either may hold nothing.
    """
    pairs = list(zip(_held(theirs), _held(ours), strict=True))
    if theirs is ours or all(_alike(a, b) for a, b in pairs):
        return rows
    found = np.zeros((len(rows), ours.words), np.uint64)
    for old, new in zip(pieces(rows), pieces(found), strict=True):
        vector = Vector(old)
        for (read, _), (column, kept) in pairs:
            for i in range(column.count):
                value = vector.scalar(theirs.graph.load(read, i))
                put(new, kept, i, value if kept is column else np.minimum(value, 1))
    return found


def _held(layout: Layout) -> Iterator[tuple[Column, Column]]:
    """Every column, also those that follow from others, and what a state holds of it."""
    for parts in layout.parts.values():
        yield from ((column, column) for column in parts)
    yield from ((m.column, m.kept) for m in layout.messages.values())
    yield from ((budget, budget) for budget in layout.budgets.values())


def _alike(a: tuple[Column, Column], b: tuple[Column, Column]) -> bool:
    """Whether two layouts hold a column alike, and all of it."""
    return all(
        column is kept and column.formula is None and column.place(0) == b[0].place(0)
        for column, kept in (a, b)
    )


# ---------------------------------------------------------------- equal rows


def distinct(parts: Iterable[States], words: int) -> States:
    """The rows of all parts, each once, in the order in which they first come."""
    found, waiting = np.zeros((0, words), np.uint64), list[States]()
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) > max(len(found), TOGETHER):  # so that few rows are sorted often
            found, waiting = _distinct([found, *waiting]), []
    return _distinct([found, *waiting])


def _distinct(parts: list[States]) -> States:
    rows = np.concatenate(parts)
    first, _ = groups(rows)
    return rows[np.sort(first)]


def in_order(rows: States) -> States:
    """The rows, sorted: equal for equal sets."""
    return rows[np.lexsort(rows.T)]


def groups(rows: States) -> tuple[Places, Places]:
    """Of each set of equal rows, where its first one is, and its last one."""
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    order = np.lexsort(rows.T)  # equal rows stay in their order
    inner = rows[order]
    changes = np.flatnonzero((inner[1:] != inner[:-1]).any(axis=1))
    return order[np.r_[0, changes + 1]], order[np.r_[changes, len(rows) - 1]]
