"""States as Python values and states as machine words, one to one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.model.language import SizeError
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import (
    MapType,
    MessagesType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    Type,
    key_values,
)
from quorate.model.language.declare.values import FrozenMap
from quorate.model.language.interpreter import State

from .columns import Column, MessageColumn
from .layout import Layout
from .to_python import function

RECENT = 4096  # rows of variables whose bits are remembered
WORD = (1 << 64) - 1

Words = npt.NDArray[np.uint64]


class Packing:
    """Packs and unpacks the states of a layout (under the sizes that the layout was made with)."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._scalars: dict[Type, list[Any]] = {}
        self._messages = {key: self._universe(column) for key, column in layout.messages.items()}
        # What has no bits is read behind the words.
        columns = [c for parts in layout.parts.values() for c in parts]
        columns += [m.column for m in layout.messages.values()]
        cells = [(c, i) for c in columns if c.formula is not None for i in range(c.count)]
        self._places = {cell: layout.words + k for k, cell in enumerate(cells)}
        described = layout.description.variables
        plain = [v for v in described if not isinstance(v.type, MessagesType)]
        self._types = {v.name: layout.keyed(v)[1] for v in plain}
        # States differ in few variables, and those hold few values: most were packed before.
        self._row_bits = lru_cache(RECENT, typed=True)(self._row_bits_of)
        self._determined = function([c.formula(i) for c, i in cells if c.formula is not None])

    # ------------------------------------------------------------ words to values

    def unpack(self, words: Words) -> State:
        """The state that these words hold, in the form that `Interpreter` uses."""
        cells = self.cells(words)
        values = [self.variable(cells, v) for v in self.layout.description.variables]
        values += [self._cell(cells, col, 0) for col in self.layout.budgets.values()]
        return tuple(values)

    def cells(self, words: Iterable[int]) -> list[int]:
        """The words of a state, and behind them what has no bits."""
        cells = [int(w) for w in words]
        return cells + list(self._determined(cells))

    def variable(self, cells: list[int], v: Variable) -> Any:
        """What one variable holds, given what `cells` returns."""
        if isinstance(v.type, MessagesType):
            sent = (self._sent(cells, v.name, record) for record in v.type.messages)
            return frozenset(itertools.chain.from_iterable(sent))
        keys, t = self.layout.keyed(v)
        columns = self.layout.parts[v.name]
        row = (
            self._read(t, iter([self._cell(cells, col, i) for col in columns]))
            for i in range(math.prod(keys))
        )
        return tuple(row) if isinstance(v.type, MapType) else next(row)

    def bits(self, v: Variable, record: type | None = None) -> int | None:
        """Which bits of the words hold a variable, or its messages of one class.

        The words are joined, the first lowest. None if the variable is not held by bits alone.
        """
        if record is None:
            return _mask(self.layout.parts[v.name])
        return _mask([self.layout.messages[v.name, record].column])

    def messages(self, cells: list[int], v: Variable, record: type) -> list[Any]:
        """The messages of one class, given what `cells` returns."""
        return list(self._sent(cells, v.name, record))

    def value(self, ground: Any, t: Type) -> Any:
        """The Python value of a constant in ground form."""
        return self._read(t, iter([int(p) for p in self.layout.values.parts(ground, t)]))  # type: ignore[arg-type]

    def _sent(self, cells: list[int], variable: str, record: type) -> Iterator[Any]:
        column = self.layout.messages[variable, record].column
        universe = self._messages[variable, record]
        for index in range(column.count):
            if number := self._cell(cells, column, index):
                yield universe(index, number - 1)

    def _read(self, t: Type, parts: Iterator[int]) -> Any:
        match t:
            case OptionType(inner) if not self.layout.values.is_scalar(t):
                present, value = next(parts), self._read(inner, parts)
                return value if present else None
            case RecordType(record):
                return record(*[self._read(f, parts) for f in t.fields.values()])
            case SetType(element):
                members = [m for m in element.values() if next(parts)]
                return frozenset(members)
            case SeqType(element, _):
                length = next(parts)
                items = [self._read(element, parts) for _ in range(self.layout.values.longest(t))]
                return tuple(items[:length])
            case MapType(keys, inner):
                return FrozenMap((k, self._read(inner, parts)) for k in key_values(keys))
        return self._scalar(t)[next(parts)]

    def _cell(self, cells: list[int], column: Column, index: int) -> int:
        if column.formula is not None:
            return cells[self._places[column, index]]
        if column.bits == 0:
            return 0
        word, bit = column.place(index)
        return cells[word] >> bit & ((1 << column.bits) - 1)

    def _scalar(self, t: Type) -> list[Any]:
        if t not in self._scalars:
            constant = self.layout.values.constant
            self._scalars[t] = sorted(t.values(), key=lambda v: constant(v, t))
        return self._scalars[t]

    def _universe(self, column: MessageColumn) -> Callable[[int, int], Any]:
        """The message in a cell with a payload, made once."""
        made: dict[tuple[int, int], Any] = {}

        def message(index: int, payload: int) -> Any:
            if (index, payload) not in made:
                values = column.fields(index, payload)
                parts = [self.value(v, s.type) for v, s in zip(values, column.spaces, strict=True)]
                made[index, payload] = column.record(*parts)
            return made[index, payload]

        return message

    # ------------------------------------------------------------ values to words

    def pack(self, state: State) -> Words:
        """The words of a state. Raises SizeError for a value that is out of its range."""
        variables = self.layout.description.variables
        bits = 0
        for v, value in zip(variables, state, strict=False):
            if isinstance(v.type, MessagesType):
                for message in value:
                    bits |= self._message_bits(v.name, message)
                continue
            rows = value if isinstance(v.type, MapType) else (value,)
            for i, cell in enumerate(rows):
                bits |= self._row_bits(v.name, i, cell)
        budgets = zip(self.layout.budgets.values(), state[len(variables) :], strict=True)
        for budget, left in budgets:
            bits |= _cell_bits(budget, 0, left)
        words = [bits >> 64 * word & WORD for word in range(self.layout.words)]
        return np.array(words, dtype=np.uint64)

    def _row_bits_of(self, variable: str, row: int, value: Any) -> int:
        """The bits of one row of a variable, where they are in the joined words."""
        t = self._types[variable]
        parts = self.layout.values.parts(self.layout.values.constant(value, t), t)
        bits = 0
        for column, part in zip(self.layout.parts[variable], parts, strict=True):
            if not isinstance(part, int):
                raise TypeError(f"{value!r} is no constant")
            bits |= _cell_bits(column, row, part)
        return bits

    def _message_bits(self, variable: str, message: Any) -> int:
        """The bits of a message sent."""
        column = self.layout.messages[variable, type(message)]
        ground = self.layout.values.constant(message, RecordType(type(message)))
        index, number, _ = column.locate(ground.values)
        if not isinstance(index, int) or not isinstance(number, int):
            raise TypeError(f"{message!r} is no constant")
        kept = column.kept
        return _cell_bits(kept, index, number if kept is column.column else 1)


def _mask(columns: Iterable[Column]) -> int | None:
    mask = 0
    for column in columns:
        if column.formula is not None:
            return None
        for index in range(column.count if column.bits else 0):
            word, bit = column.place(index)
            mask |= ((1 << column.bits) - 1) << 64 * word + bit
    return mask


def _cell_bits(column: Column, index: int, value: int) -> int:
    """A cell that holds a value, as bits of the words, which are joined, the first lowest."""
    if not 0 <= value < column.size:
        raise SizeError(f"{column} holds {value}, but goes from 0 to {column.size - 1}")
    if not column.bits:
        return 0
    word, bit = column.place(index)
    return value << 64 * word + bit
