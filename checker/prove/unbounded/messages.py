"""Messages as rows of a relation: a column for each of their fields, or for each part of one.

A record within a message has a column for each of its fields, and what may be None one for its flag
and one for its value. A sequence is in one column. A row that says None stands for the same message
whatever its value column holds: all such rows are sent together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import z3

from quorate.model.language.declare.types import (
    BoolType,
    MapType,
    OptionType,
    Record,
    RecordType,
    Type,
)

from .logic import Atom, Cases, Formula, Term
from .values import FLAG, MessageValue, OptionalValue, Value, is_flagged


@dataclass(frozen=True)
class Relation:
    """A message class: its `narrow` columns, and the `wide` ones, of maps, by their `key`."""

    record: type[Record]
    symbol: Any
    key: Type | None

    @cached_property
    def fields(self) -> dict[str, Type]:
        """The fields, maps as what they hold at a key."""
        fields = self.record.field_types().items()
        return {n: t.value if isinstance(t, MapType) else t for n, t in fields}

    @cached_property
    def narrow(self) -> tuple[tuple[str, Type], ...]:
        """The columns of what is no map."""
        return self._columns(wide=False)

    @cached_property
    def wide(self) -> tuple[tuple[str, Type], ...]:
        """The columns of what the maps hold at the key."""
        return self._columns(wide=True)

    @cached_property
    def columns(self) -> tuple[tuple[str, Type], ...]:
        """Every column: fields, the maps' key, what the maps hold there."""
        middle = (("[]", self.key),) if self.key is not None else ()
        return (*self.narrow, *middle, *self.wide)

    def _columns(self, wide: bool) -> tuple[tuple[str, Type], ...]:
        types = self.record.field_types()
        fields = [(n, t) for n, t in self.fields.items() if isinstance(types[n], MapType) == wide]
        return tuple(found for n, t in fields for found in columns_of(t, n))


def columns_of(t: Type, at: str) -> list[tuple[str, Type]]:
    """The columns of a field of this name and type."""
    match t:
        case RecordType():
            return [x for n, of in t.fields.items() for x in columns_of(of, f"{at}.{n}")]
        case OptionType(inner) if is_flagged(t):
            return [(f"{at}{FLAG}", BoolType()), *columns_of(inner, at)]
    return [(at, t)]


def from_columns(
    row: Mapping[str, Term], t: Type, at: str, one: Callable[[Term, Type], Value]
) -> Value:
    """The value of a field; `one` is that of one column."""
    match t:
        case RecordType():
            fields = t.fields.items()
            return MessageValue({n: from_columns(row, of, f"{at}.{n}", one) for n, of in fields})
        case OptionType(inner) if is_flagged(t):
            return OptionalValue(_holds(row[f"{at}{FLAG}"]), from_columns(row, inner, at, one))
    return one(row[at], t)


def in_columns(
    value: Value, t: Type, at: str, truth: Callable[[Formula], Cases], known: bool = False
) -> dict[str, Value]:
    """The columns of a field of this value; `truth` makes a column of a condition.

    `known`: only those that all rows share which stand for a message with this value.
    """
    match t, value:
        case RecordType(), MessageValue(fields):
            given_fields = [(fields[n], of, f"{at}.{n}") for n, of in t.fields.items()]
            parts = [in_columns(*field, truth, known) for field in given_fields]
            return {n: x for part in parts for n, x in part.items()}
        case OptionType(inner), OptionalValue(given, of):
            flag: dict[str, Value] = {f"{at}{FLAG}": truth(given)}
            unknown = known and given is not True
            return flag if unknown else {**flag, **in_columns(of, inner, at, truth, known)}
    return {at: value}


def _holds(x: Term) -> Formula:
    return z3.is_true(x) or (not z3.is_false(x) and Atom(x))
