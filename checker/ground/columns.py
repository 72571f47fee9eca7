"""What a state consists of: columns of equal cells.

A variable has one column per scalar part of its cell type, with one cell per key. A message class
has one column with one cell per key: 0 where nothing was sent under that key, else one more than
the code of the payload. (Without `key=` every field is the key and a cell is one bit.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from quorate.model.language import SizeError
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import (
    MapType,
    Message,
    MessagesType,
    Record,
    Type,
    in_flight,
    key_values,
)
from quorate.model.language.ir import core as c

from .nodes import Bool, Graph, Scalar
from .proper import always_proper
from .shapes import Value
from .values import Values

MOST_PAYLOADS = 1 << 20


class Column:
    """`count` cells with `size` values each; word and bit of the first are set by packing.

    With a `formula`, which gives the value of the cell at an index, the cells have no bits.
    """

    __slots__ = ("bits", "count", "first_bit", "first_word", "formula", "name", "per_word", "size")

    def __init__(self, name: str, count: int, size: int) -> None:
        self.name, self.count, self.size = name, count, size
        self.bits = (size - 1).bit_length()
        self.first_word = self.first_bit = 0
        self.per_word = 64 // max(1, self.bits)
        self.formula: Callable[[Scalar], Scalar] | None = None

    def determine(self, formula: Callable[[Scalar], Scalar]) -> None:
        """From now on, the cells hold what a formula says."""
        self.bits, self.formula = 0, formula

    def place(self, index: int) -> tuple[int, int]:
        """Word and lowest bit of a cell."""
        if self.bits * self.count <= 64:
            return self.first_word, self.first_bit + index * self.bits
        return self.first_word + index // self.per_word, index % self.per_word * self.bits

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True)
class FieldSpace:
    """A field of a sent message: its type, and whether it is never the bottom of its sort."""

    name: str
    type: Type
    size: int
    proper: bool


class MessageColumn:
    """The column of one message class: which cell, and which number, stands for a message."""

    def __init__(self, record: type[Record], spaces: list[FieldSpace], values: Values) -> None:
        self.record, self.values, self.g = record, values, values.g
        key = record.key if issubclass(record, Message) else None
        names = [s.name for s in spaces]
        self.spaces = spaces
        self.key = [i for i, n in enumerate(names) if key is None or n in key]
        self.payload = [i for i, n in enumerate(names) if i not in self.key]
        self.keys = math.prod(spaces[i].size for i in self.key)
        self.payloads = math.prod(spaces[i].size for i in self.payload)
        if self.payloads > MOST_PAYLOADS:
            raise SizeError(
                f"{record.__name__} has {self.payloads:,} payloads under one key at these sizes, "
                f"more than {MOST_PAYLOADS:,}: give smaller sizes"
            )
        self.column = Column(record.__name__, self.keys, 1 + self.payloads)
        self.kept = self.column  # what a state holds of it
        self._fields: dict[tuple[Scalar, Scalar], tuple[Value, ...]] = {}

    def determine(self, payload: Callable[[Scalar], Scalar]) -> None:
        """From now on a state holds only whether there is a message; a formula says which."""
        g, kept = self.g, Column(self.column.name, self.keys, 2)
        self.kept = kept

        def number(index: Scalar) -> Scalar:
            return g.select(g.isin(g.load(kept, index), 2), g.add(payload(index), 1), 0)

        self.column.determine(number)

    def payload_number(self, payload: tuple[Value, ...]) -> Scalar:
        """The number of a payload, given its fields."""
        fields = dict(zip(self.payload, payload, strict=True))
        every = tuple(fields.get(i, 0) for i in range(len(self.spaces)))
        return self._number(every, self.payload)[0]

    def locate(self, fields: tuple[Value, ...]) -> tuple[Scalar, Scalar, Bool]:
        """Cell index and cell value of a message, and whether it can exist at all.

        Where it cannot, they are those of some other message: safe to look at, without meaning.
        """
        index, ok1 = self._number(fields, self.key)
        payload, ok2 = self._number(fields, self.payload)
        possible = self.g.and_([ok1, ok2])
        return self.g.select(ok1, index, 0), self.g.add(payload, 1), possible

    def _number(self, fields: tuple[Value, ...], which: list[int]) -> tuple[Scalar, Bool]:
        g, weight = self.g, 1
        ok: list[Bool] = []
        result: Scalar = 0
        for i in which:
            space = self.spaces[i]
            ok.append(self.values.fits(fields[i], space.type))
            code = self.values.code(fields[i], space.type)
            if space.proper:
                ok.append(g.less(0, code))
                code = g.sub(g.select(g.less(0, code), code, 1), 1)
            result = g.add(result, g.mul(code, weight))
            weight *= space.size
        return result, g.and_(ok)

    def fields(self, index: Scalar, payload: Scalar) -> tuple[Value, ...]:
        """The fields of the message in this cell with this payload (0-based)."""
        known = index, payload
        if known in self._fields:
            return self._fields[known]
        found: dict[int, Value] = {}
        for code, which in ((index, self.key), (payload, self.payload)):
            for i in which:
                space = self.spaces[i]
                digit = self.g.mod(code, space.size)
                code = self.g.div(code, space.size)
                digit = self.g.add(digit, 1) if space.proper else digit
                found[i] = self.values.decode(digit, space.type)
        self._fields[known] = tuple(found[i] for i in range(len(self.spaces)))
        return self._fields[known]


class StateColumns:
    """All columns of a protocol at the active sizes. Raises SizeError if a message is too wide."""

    def __init__(self, description: c.Description, sizes: Sizes) -> None:
        self.description, self.sizes = description, sizes
        self.graph = Graph()
        self.values = Values(self.graph)
        self.parts: dict[str, list[Column]] = {}
        self.messages: dict[tuple[str, type], MessageColumn] = {}
        self.budgets = {k: Column(f"{k} budget", 1, n + 1) for k, n in sizes.faults.items()}
        proper = always_proper(description)
        for v in description.variables:
            if isinstance(v.type, MessagesType):
                for record in v.type.messages:
                    column = MessageColumn(record, self._spaces(record, proper), self.values)
                    column.column.name = f"{v.name}[{record.__name__}]"
                    self.messages[v.name, record] = column
            else:
                self.parts[v.name] = self._variable(v)

    def in_flight(self, variable: str) -> bool:
        """Whether a variable holds messages that are gone once they are delivered."""
        return in_flight(self.description.variable(variable).type) is not None

    def _spaces(self, record: type[Record], proper: set[tuple[type, str]]) -> list[FieldSpace]:
        spaces = []
        for name, t in record.field_types().items():
            is_proper = (record, name) in proper
            size = self.values.size(t) - is_proper
            spaces.append(FieldSpace(name, t, size, is_proper))
        total = math.prod(s.size for s in spaces)
        if total > 1 << 40:
            raise SizeError(f"{record.__name__} has {total:,} possible messages at these sizes")
        return spaces

    def _variable(self, v: Variable) -> list[Column]:
        keys, cell = self.keyed(v)
        sizes = list(self.values.part_sizes(cell))
        names = [v.name] if len(sizes) == 1 else [f"{v.name}.{i}" for i in range(len(sizes))]
        count = math.prod(keys)
        return [Column(n, count, s) for n, s in zip(names, sizes, strict=True)]

    def keyed(self, v: Variable) -> tuple[list[int], Type]:
        """How many keys each dimension of a variable has, and the type of one cell."""
        if not isinstance(v.type, MapType):
            return [], v.type
        return [len(list(key_values((k,)))) for k in v.type.keys], v.type.value

    def key_index(self, v: Variable, keys: list[Scalar]) -> Scalar:
        """The cell that the keys (codes of proper elements, from 0) select."""
        g = self.graph
        index: Scalar = 0
        for n, key in zip(self.keyed(v)[0], keys, strict=True):
            index = g.add(g.mul(index, n), key)
        return index
