"""Cells that follow from the messages sent, so that a state need not hold them: their formulas.

Where every write to a variable goes with the sending of a message that shows what is written, the
variable holds what the message of the highest rank (ballot, say) shows, or what it held at first
if there is none; and so does a later message that reports it. `guesses.py` guesses this from the
text of the actions; explore/reduction/derived.py has it proved before anybody relies on it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from quorate.model.language.declare.types import MapType, Type, key_values
from quorate.model.language.ir import core as c

from .columns import Column, MessageColumn, StateColumns
from .dependency import Dependency, MessageSource, keys_of
from .nodes import Bool, Node, Scalar
from .shapes import Present, Value


class DerivedCells:
    """The ground value of each cell that a dependency determines; each made once."""

    def __init__(self, columns: StateColumns, dependency: Dependency) -> None:
        self.columns, self.g, self.dependency = columns, columns.graph, dependency
        self._made: dict[int, list[Scalar]] = {}

    def attach(self) -> None:
        """Take the bits of the cells away, and let loads of them give their formulas."""
        d = self.dependency
        if d.reported is None:
            for k, column in enumerate(self.columns.parts[d.variable]):
                column.determine(partial(self._part, column, k))
        else:
            self.columns.messages[d.messages, d.reported].determine(
                partial(self._part, self.columns.messages[d.messages, d.reported].column, 0)
            )

    def _part(self, column: Column, k: int, index: Scalar) -> Scalar:
        """Part k of the cell at an index."""
        if isinstance(index, Node):
            found: Scalar = 0
            for i in reversed(range(min(column.count, index.size))):
                found = self.g.select(self.g.eq(index, i), self._part(column, k, i), found)
            return found
        if index not in self._made:
            self._made[index] = list(self._parts(index))
        return self._made[index][k]

    def _parts(self, index: int) -> Iterator[Scalar]:
        d, g, values = self.dependency, self.g, self.columns.values
        keys, limit = self._place(index)
        by_value: dict[tuple[int, tuple[Value, ...]], list[Bool]] = {}
        for source in d.sources:
            for rank, values_shown, was_sent in self._sent(source, keys, limit):
                by_value.setdefault((rank, values_shown), []).append(was_sent)
        ordered = sorted(by_value.items(), key=lambda item: item[0][0])
        if d.reported is not None:
            column = self.columns.messages[d.messages, d.reported]
            number: Scalar = column.payload_number(self._initial())
            for (_, shown), sent in ordered:
                number = g.select(g.or_(sent), column.payload_number(shown), number)
            yield number
            return
        (value,), (t,) = self._initial(), self._types()
        for (_, (new,)), sent in ordered:
            value = values.choose(g.or_(sent), new, value, t)
        yield from values.parts(value, t)

    def _types(self) -> list[Type]:
        d, columns = self.dependency, self.columns
        if d.reported is None:
            return [columns.keyed(columns.description.variable(d.variable))[1]]
        keys = keys_of(d.reported)
        return [t for f, t in d.reported.field_types().items() if f not in keys]

    def _initial(self) -> tuple[Value, ...]:
        pairs = zip(self.dependency.initial, self._types(), strict=True)
        return tuple(self.columns.values.constant(v, t) for v, t in pairs)

    def _place(self, index: int) -> tuple[list[Any], Any]:
        """The codes of the keys of a cell, and the code that ranks must be below, or None."""
        d, columns = self.dependency, self.columns
        if d.reported is not None:
            coded = _coded(columns.messages[d.messages, d.reported], index, 0)
            return [coded[f] for f in keys_of(d.reported)], coded[d.below] if d.below else None
        v = columns.description.variable(d.variable)
        if not isinstance(v.type, MapType):
            return [], None
        row = list(itertools.product(*(key_values((k,)) for k in v.type.keys)))[index]
        constant, code = columns.values.constant, columns.values.code
        return [code(constant(k, t), t) for k, t in zip(row, v.type.keys, strict=True)], None

    def _sent(
        self, source: MessageSource, keys: list[Any], limit: Any
    ) -> Iterator[tuple[int, tuple[Value, ...], Bool]]:
        """The messages that count for a cell: rank, values shown, and whether one was sent.

        Messages in one cell that show the same are one test of that cell.
        """
        column = self.columns.messages[self.dependency.messages, source.record]
        only_keys = source.fields() <= set(keys_of(source.record))
        for index in range(column.keys):
            masks: dict[tuple[int, tuple[Value, ...]], int] = {}
            for payload in range(1 if only_keys else column.payloads):
                coded = _coded(column, index, payload)
                rank = 0 if source.rank is None else coded[source.rank]
                if limit is not None and rank >= limit:
                    continue
                if all(coded[f] == keys[k] for f, k in source.match):
                    shown = self._values(source, column, index, payload)
                    masks[rank, shown] = masks.get((rank, shown), 0) | 1 << (payload + 1)
            for (rank, shown), mask in masks.items():
                if only_keys:
                    sent = self.g.not_(self.g.isin(self.g.load(column.kept, index), 1))
                else:
                    sent = self.g.isin(self.g.load(column.column, index), mask)
                yield rank, shown, sent

    def _values(
        self, source: MessageSource, column: MessageColumn, index: int, payload: int
    ) -> tuple[Value, ...]:
        """What a message shows; a field of type T is shown as `T | None` where that is wanted."""
        values = self.columns.values
        names = [s.name for s in column.spaces]
        fields = column.fields(index, payload)
        found: list[Value] = []
        for shown, wanted in zip(source.shown, self._types(), strict=True):
            if isinstance(shown, c.Lit):
                found.append(values.constant(shown.value, wanted))
                continue
            i = names.index(shown)
            value, t = fields[i], column.spaces[i].type
            if t != wanted:  # wanted is `T | None`
                value = (
                    self.g.add(values.code(value, t), 1)
                    if values.is_scalar(wanted)
                    else Present(True, value)
                )
            found.append(value)
        return tuple(found)


def _coded(column: MessageColumn, index: int, payload: int) -> Mapping[str, Any]:
    """The codes of the fields of a message."""
    fields = column.fields(index, payload)
    pairs = zip(column.spaces, fields, strict=True)
    return {s.name: column.values.code(v, s.type) for s, v in pairs}
