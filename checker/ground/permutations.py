"""What a permutation of the elements of a sort does to packed states.

A permuted state holds, in every cell, what some cell of the state held, seen through a table of
codes (of elements, of options and records of them, of quorums, of message payloads). What a value
leaves unused stays 0: the parts of an absent option, the items past the end of a sequence.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quorate.model.language.declare.quorums import QuorumSystem
from quorate.model.language.declare.sorts import Sort
from quorate.model.language.declare.types import (
    MapType,
    MessagesType,
    OptionType,
    QuorumType,
    Record,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
    key_values,
)
from quorate.model.language.declare.unions import UnionType
from quorate.model.language.declare.values import FrozenMap
from quorate.model.language.interpreter import State

from .columns import Column, MessageColumn
from .layout import Layout
from .vector import States, Vector, put

# For each sort that is permuted: the index of the element that each element becomes.
Images = Mapping[type[Sort], Sequence[int]]

Codes = npt.NDArray[np.int64]


class Cell(NamedTuple):
    """One cell of a state."""

    column: Column
    at: int

    @property
    def place(self) -> tuple[int, int]:
        """Word and lowest bit."""
        return self.column.place(self.at)


@dataclass(frozen=True)
class CellMove:
    """`target` gets what `source` holds, through a table of codes (of 2**bits entries) if any.

    With a guard, `target` is 0 unless the guard's cell is at least its number.
    """

    source: Cell
    target: Cell
    table: tuple[int, ...] | None = None
    guard: tuple[Cell, int] | None = None


class _Part(NamedTuple):
    """Where a part of a value comes from: the positions of its source and of its guard."""

    source: int
    table: tuple[int, ...] | None
    guard: tuple[int, int] | None


class Permutation:
    """One permutation as moves of cells; made, and used, inside the sizes of the layout."""

    def __init__(self, layout: Layout, images: Images) -> None:
        self.layout, self.images = layout, images
        self._tables: dict[Type, Codes] = {}
        self.moves = [m for m in self._all() if m.target.column.bits]

    # ------------------------------------------------------------ words

    def apply(self, rows: States) -> States:
        """The words of the permuted states, one row for each."""
        found = np.zeros_like(rows)
        vector = Vector(rows)
        for move in self.moves:
            value = vector.cell(*move.source)
            if move.table is not None:
                value = np.array(move.table, np.int64)[value]
            if move.guard is not None:
                cell, least = move.guard
                value = np.where(vector.cell(*cell) < least, 0, value)
            put(found, *move.target, value)
        return found

    # ------------------------------------------------------------ cells

    def _all(self) -> Iterator[CellMove]:
        for v in self.layout.description.variables:
            if isinstance(v.type, MessagesType):
                for record in v.type.messages:
                    yield from self._messages(self.layout.messages[v.name, record])
                continue
            keys, t = self.layout.keyed(v)
            columns = self.layout.parts[v.name]
            parts = self._parts(t)
            types = v.type.keys if isinstance(v.type, MapType) else ()
            targets = self._key_targets(types) if types else [0]
            for source, target in zip(range(math.prod(keys)), targets, strict=True):
                for column, part in zip(columns, parts, strict=True):
                    guard = part.guard
                    yield CellMove(
                        Cell(columns[part.source], source),
                        Cell(column, target),
                        _padded(part.table, column),
                        guard and (Cell(columns[guard[0]], source), guard[1]),
                    )
        for budget in self.layout.budgets.values():
            yield CellMove(Cell(budget, 0), Cell(budget, 0))

    def _messages(self, m: MessageColumn) -> Iterator[CellMove]:
        payloads = self._number(m, m.payload)
        table = None if _identity(payloads) else (0, *(int(n) + 1 for n in payloads))
        table = _padded(table, m.column)
        for source, target in enumerate(self._number(m, m.key)):
            if m.kept is m.column:
                yield CellMove(Cell(m.column, source), Cell(m.column, int(target)), table)
            else:
                yield CellMove(Cell(m.kept, source), Cell(m.kept, int(target)))

    def _number(self, m: MessageColumn, which: list[int]) -> Codes:
        """The table of the mixed-radix numbers of these fields."""
        digits = []
        for i in which:
            space = m.spaces[i]
            table = self.table(space.type)
            digits.append(table[1:] - 1 if space.proper else table)  # a bottom stays, as code 0
        return _joined(digits)

    def _key_targets(self, types: tuple[Type, ...]) -> list[int]:
        keys = list(key_values(types))
        index = {k: i for i, k in enumerate(keys)}
        return [index[self._key(k)] for k in keys]

    def _key(self, key: Any) -> Any:
        return permuted(key, self.images)

    def _parts(self, t: Type, base: int = 0) -> list[_Part]:
        """For each part of a value, in the order of `Values.parts`: where it comes from."""
        values = self.layout.values
        same = _Part(base, None, None)
        match t:
            case OptionType(inner) if not values.is_scalar(t):
                return [same, *_guarded(self._parts(inner, base + 1), base, 1)]
            case RecordType():
                found: list[_Part] = []
                for f in t.fields.values():
                    found += self._parts(f, base + len(found))
                return found
            case SetType(element):
                members = self._element_targets(element)
                return [_Part(base + i, None, None) for i in _inverse(members)]
            case SeqType(element, _):
                found = [same]
                for i in range(values.longest(t)):
                    item = self._parts(element, base + len(found))
                    found += _guarded(item, base, i + 1)
                return found
            case MapType(keys, inner):
                width = len(list(values.part_sizes(inner)))
                found = []
                for source in _inverse(self._key_targets(keys)):
                    found += self._parts(inner, base + source * width)
                return found
        table = self.table(t)
        return [same if _identity(table) else _Part(base, tuple(map(int, table)), None)]

    def _element_targets(self, element: Type) -> list[int]:
        """Which member, by its position in the order of the set, each member becomes."""
        members = self.layout.values.members_of(element)
        index = {m: i for i, m in enumerate(members)}
        return [index[permuted(m, self.images)] for m in members]

    # ------------------------------------------------------------ codes

    def table(self, t: Type) -> Codes:
        """The code that each code of a type becomes."""
        if t not in self._tables:
            self._tables[t] = self._table(t)
        return self._tables[t]

    def _table(self, t: Type) -> Codes:
        values = self.layout.values
        match t:
            case OptionType(inner):
                return np.concatenate([[0], 1 + self.table(inner)])
            case UnionType(alternatives):
                return np.concatenate([values.offset(t, x) + self.table(x) for x in alternatives])
            case RecordType():
                return _joined([self.table(f) for f in t.fields.values()])
            case SetType(element):
                codes = np.arange(values.size(t))
                bits = enumerate(self._element_targets(element))
                return sum((((codes >> i) & 1) << j for i, j in bits), np.zeros_like(codes))
            case SeqType(element, _):
                one = self.table(element)
                shorter, found = 0, []
                for length in range(values.longest(t) + 1):
                    found.append(shorter + _joined([one] * length))
                    shorter += len(found[-1])
                return np.concatenate(found)
            case MapType(keys, inner):
                targets = self._key_targets(keys)
                return _joined([self.table(inner)] * len(targets), targets)
            case SortType() | QuorumType():
                codes_of = values.codes(t)
                return np.array([codes_of[permuted(v, self.images)] for v in codes_of], np.int64)
        return np.arange(values.size(t))


def permuted(value: Any, images: Images) -> Any:
    """A Python value with its elements replaced; a bottom stays."""
    match value:
        case Sort():
            image = images.get(type(value))
            if image is None or value.index < 0:
                return value
            return type(value)(image[value.index])
        case QuorumSystem():
            return type(value)(permuted(m, images) for m in value)
        case frozenset():
            return frozenset(permuted(m, images) for m in value)
        case FrozenMap():
            return FrozenMap((permuted(k, images), permuted(v, images)) for k, v in value.items())
        case Record():
            return type(value)(*(permuted(v, images) for v in value))
        case tuple():
            return tuple(permuted(v, images) for v in value)
    return value


def permuted_state(layout: Layout, state: State, images: Images) -> State:
    """A state of the reference semantics with its elements replaced: what `apply` must equal."""
    found: list[Any] = []
    for v, value in zip(layout.description.variables, state, strict=False):
        if isinstance(v.type, MapType):
            keys = list(key_values(v.type.keys))
            cells = {
                permuted(k, images): permuted(x, images) for k, x in zip(keys, value, strict=True)
            }
            found.append(tuple(cells[k] for k in keys))
        else:
            found.append(permuted(value, images))
    return (*found, *state[len(found) :])


def swap(n: int, i: int) -> tuple[int, ...]:
    """The permutation of n elements that exchanges the elements i and i + 1."""
    images = list(range(n))
    images[i], images[i + 1] = i + 1, i
    return tuple(images)


def _guarded(parts: list[_Part], guard: int, least: int) -> list[_Part]:
    """Parts that exist only where another is at least `least`: an inner guard implies it."""
    return [
        p._replace(guard=(guard, least)) if p.table and p.table[0] and p.guard is None else p
        for p in parts
    ]


def _inverse(targets: list[int]) -> list[int]:
    found = [0] * len(targets)
    for source, target in enumerate(targets):
        found[target] = source
    return found


def _identity(table: Codes) -> bool:
    return bool((table == np.arange(len(table))).all())


def _padded(table: tuple[int, ...] | None, column: Column) -> tuple[int, ...] | None:
    """One entry for everything that fits in the bits of a cell."""
    if table is None:
        return None
    return (*table, *range(len(table), 1 << column.bits))


def _joined(digits: list[Codes], targets: Sequence[int] | None = None) -> Codes:
    """The table of mixed-radix numbers, lowest digit first; digit i becomes digit `targets[i]`."""
    sizes = [len(d) for d in digits]
    weights = list(itertools.accumulate(sizes, lambda x, y: x * y, initial=1))
    found = np.zeros(1, np.int64)
    for i, d in enumerate(digits):
        weight = weights[i if targets is None else targets[i]]
        found = (found[None, :] + d[:, None] * weight).reshape(-1)
    return found
