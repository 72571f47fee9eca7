"""Checks what a mapping returns, and makes values of the abstract protocol from it.

Values of a concrete class become values of the abstract class that it matches: the one given in the
refinement, else the one of the same name.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from quorate.model.language import FrozenMap, Protocol, Record, Sort
from quorate.model.language.declare.sorts import elements_of
from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    MessagesType,
    NatType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
    key_values,
)
from quorate.model.language.declare.unions import UnionType
from quorate.model.language.interpreter import State


class NoSuchValueError(Exception):
    """A value that the abstract protocol's variable cannot hold: where, and what is wrong."""


class AbstractValues:
    """Turns values into those of the abstract protocol. Use it inside the sizes."""

    def __init__(self, abstract: type[Protocol], sorts: Mapping[type, type]) -> None:
        self.abstract, self.sorts = abstract, sorts
        self.variables = abstract.variables()

    def state(self, given: Any) -> State:
        """The values of the variables, in order. Raises NoSuchValueError."""
        if not isinstance(given, Mapping):
            raise NoSuchValueError(
                f"it returns {_kind(given)}, expected a dict with the variables of "
                f"{self.abstract.__name__}"
            )
        listed = ", ".join(self.variables)
        for name in self.variables:
            if name not in given:
                raise NoSuchValueError(
                    f"it gives no `{name}`; the variables of {self.abstract.__name__} are {listed}"
                )
        for name in given:
            if name not in self.variables:
                raise NoSuchValueError(
                    f"it gives `{name}`, but the variables of {self.abstract.__name__} are {listed}"
                )
        return tuple(self._variable(v.name, v.type, given[v.name]) for v in self.variables.values())

    def _variable(self, name: str, t: Type, value: Any) -> Any:
        match t:
            case MapType():
                return tuple(self._cells(name, t, value).values())
            case MessagesType(messages):
                return frozenset(self._message(name, messages, m) for m in _items(name, t, value))
        return self.value(name, t, value)

    def value(self, place: str, t: Type, value: Any) -> Any:
        """The value as one of type t. Errors mention the place. Raises NoSuchValueError."""
        match t:
            case OptionType(inner):
                return None if value is None else self.value(place, inner, value)
            case UnionType(alternatives):
                return self._of_union(place, alternatives, t, value)
            case BoolType() if isinstance(value, bool):
                return value
            case NatType() if isinstance(value, int) and not isinstance(value, bool):
                return self._number(place, t, value)
            case IntType(sort) if isinstance(value, int) and not isinstance(value, bool):
                if sort is not None and not sort.low <= value <= sort.high:
                    raise NoSuchValueError(
                        f"{place} is {value}, but {t} goes from {sort.low} to {sort.high}"
                    )
                return value
            case SortType(sort):
                return self._element(place, sort, value)
            case EnumType(members) if self._matches(type(value), members):
                if isinstance(value, enum.Enum) and value.name in members.__members__:
                    return members[value.name]
            case RecordType(record):
                return self._record(place, record, value)
            case SetType(element):
                return self._members(place, t, element, value)
            case QuorumType(system):
                return self._members(place, t, SortType(system.of), value)
            case SeqType(element, length) if isinstance(value, (tuple, list)):
                if len(value) > max(length.values()):
                    raise NoSuchValueError(
                        f"{place} has {len(value)} entries, more than {t} can hold"
                    )
                return tuple(self.value(f"{place}[{i}]", element, x) for i, x in enumerate(value))
            case MapType():
                return FrozenMap(self._cells(place, t, value))
        raise _unexpected(place, t, value)

    def _of_union(self, place: str, kinds: tuple[Type, ...], t: Type, value: Any) -> Any:
        for kind in kinds:
            with suppress(NoSuchValueError):
                return self.value(place, kind, value)
        raise _unexpected(place, t, value)

    def _cells(self, place: str, t: MapType, value: Any) -> dict[Any, Any]:
        """The value at every key, in the order of the keys."""
        if not isinstance(value, Mapping):
            raise _unexpected(place, t, value)
        found = {self._key(place, t.keys, k): x for k, x in value.items()}
        cells = {}
        for key in key_values(t.keys):
            shown = ", ".join(map(repr, key)) if len(t.keys) > 1 else repr(key)
            if key not in found:
                raise NoSuchValueError(f"{place} has no value for {shown}")
            cells[key] = self.value(f"{place}[{shown}]", t.value, found.pop(key))
        if found:
            raise NoSuchValueError(
                f"{place} has a value for {next(iter(found))!r}, which is no key"
            )
        return cells

    def _key(self, place: str, types: tuple[Type, ...], key: Any) -> Any:
        where = f"a key of {place}"
        if len(types) == 1:
            return self.value(where, types[0], key)
        if not isinstance(key, tuple) or len(key) != len(types):
            listed = ", ".join(map(str, types))
            raise NoSuchValueError(f"{where} is {_kind(key)}, expected a tuple of {listed}")
        return tuple(self.value(where, t, k) for t, k in zip(types, key, strict=True))

    def _members(self, place: str, t: Type, element: Type, value: Any) -> frozenset[Any]:
        where = f"a member of {place}"
        return frozenset(self.value(where, element, x) for x in _items(place, t, value))

    def _number(self, place: str, t: NatType, value: int) -> int:
        most = max(t.values(), default=value)
        if not 0 <= value <= most:
            raise NoSuchValueError(f"{place} is {value}, but {t} goes from 0 to {most}")
        return value

    def _element(self, place: str, sort: type[Sort], value: Any) -> Any:
        t = SortType(sort)
        if not isinstance(value, Sort) or not self._matches(type(value), sort):
            raise _unexpected(place, t, value)
        if value.index < 0 and t.bottom is None:
            raise NoSuchValueError(f"{place} is {value!r}, but {sort.__name__} has no bottom")
        if value.index >= len(elements_of(sort)):
            raise NoSuchValueError(f"{place} is {value!r}, beyond the last {sort.__name__}")
        return sort(value.index)

    def _record(self, place: str, record: type[Record], value: Any) -> Any:
        fields = record.field_types()
        if isinstance(value, Record):
            if not self._matches(type(value), record) or value.field_names() != tuple(fields):
                raise _unexpected(place, RecordType(record), value)
        elif not isinstance(value, tuple) or len(value) != len(fields):
            raise _unexpected(place, RecordType(record), value)
        return record(
            *[
                self.value(f"{place}.{name}", t, x)
                for (name, t), x in zip(fields.items(), value, strict=True)
            ]
        )

    def _message(self, place: str, messages: tuple[type[Record], ...], value: Any) -> Any:
        for record in messages:
            if isinstance(value, Record) and self._matches(type(value), record):
                return self._record(f"a {record.__name__} in {place}", record, value)
        listed = ", ".join(m.__name__ for m in messages)
        raise NoSuchValueError(f"{place} holds {_kind(value)}, expected messages of {listed}")

    def _matches(self, given: type, wanted: type) -> bool:
        if given is wanted or self.sorts.get(given) is wanted:
            return True
        return given not in self.sorts and given.__name__ == wanted.__name__


def _items(place: str, t: Type, value: Any) -> Any:
    if isinstance(value, (str, Mapping, tuple)) or not hasattr(value, "__iter__"):
        raise _unexpected(place, t, value)
    return value


def _unexpected(place: str, t: Type, value: Any) -> NoSuchValueError:
    return NoSuchValueError(f"{place} is {_kind(value)}, expected {t}")


def _kind(value: Any) -> str:
    """A value as an error names it: short, with its type."""
    text = repr(value)
    if len(text) > 80:
        text = f"{text[:77]}..."
    return f"{text} ({type(value).__name__})" if value is not None else "None"
