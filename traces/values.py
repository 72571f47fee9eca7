"""The values that a state is made of: immutable, hashable, ordered, and how they are shown."""

from __future__ import annotations

import re
from collections.abc import ItemsView, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from msgspec import Struct

Value: TypeAlias = (
    "bool | int | str | frozenset[Value] | tuple[Value, ...] | FrozenMap | Record | None"
)
"""What a variable holds; a `str` is an element of a sort, by its display name."""

_DIGITS = re.compile(r"([0-9]+)")


class FrozenMap(Mapping[Value, Value]):
    """An immutable, hashable mapping that keeps the order in which it was built.

    Equality ignores that order. The keys of a map over several sorts are tuples.
    """

    __slots__ = ("_entries", "_hash")
    _entries: dict[Value, Value]
    _hash: int | None

    def __init__(self, entries: Mapping[Any, Value] | Iterable[tuple[Value, Value]] = ()) -> None:
        self._entries = dict(entries)
        self._hash = None

    def __getitem__(self, key: Value) -> Value:
        return self._entries[key]

    def __iter__(self) -> Iterator[Value]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def items(self) -> ItemsView[Value, Value]:
        """The entries, in the order in which the map was built."""
        return self._entries.items()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FrozenMap):
            return NotImplemented
        return self._entries == other._entries

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._entries.items()))
        return self._hash

    def __repr__(self) -> str:
        return f"FrozenMap({self._entries!r})"

    def __reduce__(self) -> tuple[type[FrozenMap], tuple[dict[Value, Value]]]:
        # A string's hash differs between processes: the cached one must not travel.
        return FrozenMap, (self._entries,)

    def updated(self, *entries: tuple[Value, Value]) -> FrozenMap:
        """A copy in which each `(key, value)` of `entries` replaces what was there."""
        return FrozenMap({**self._entries, **dict(entries)})


class Record(Struct, frozen=True, cache_hash=True):
    """A message or a struct: the name of its type and its fields in declared order.

    A record of a foreign trace that has no type name has the tag `""`.
    """

    tag: str
    fields: tuple[tuple[str, Value], ...] = ()

    def __getitem__(self, name: str) -> Any:
        """The value of the field `name`; KeyError, naming the fields, when there is none."""
        for field, value in self.fields:
            if field == name:
                return value
        raise KeyError(f"{self.tag or 'record'} has no field {name!r} (fields: {self._names()})")

    if not TYPE_CHECKING:  # type checkers know the attributes

        def __getattr__(self, name: str) -> NoReturn:
            """Say how fields are read: as attributes they could not be called `tag` or `get`."""
            tag, names = self.tag or "record", self._names()
            raise AttributeError(
                f"{tag} has no attribute {name!r}: its fields ({names}) are read as in m['field']"
            )

    def _names(self) -> str:
        return ", ".join(field for field, _ in self.fields) or "none"


def show(value: Value) -> str:
    """`value` as people write it: `{a0,a2}`, `[x, y]`, `{a0: b1}`, `Promise(a=a0, b=b1)`."""
    match value:
        case str():
            return show_name(value) or "''"
        case frozenset():
            return "{" + ",".join(show(element) for element in in_order(value)) + "}"
        case tuple():
            return "[" + ", ".join(show(element) for element in value) + "]"
        case FrozenMap():
            return "{" + ", ".join(_show_entry(k, v) for k, v in value.items()) + "}"
        case Record(tag, fields):
            shown = (f"{show_name(name)}={show(field)}" for name, field in fields)
            return f"{show_name(tag)}({', '.join(shown)})"
    return str(value)


def show_key(key: Value) -> str:
    """A map's key; the key of a map over several sorts reads `s1,2`, as in `log[s1,2]`."""
    if isinstance(key, tuple) and key:
        return ",".join(show(part) for part in key)
    return show(key)


def _show_entry(key: Value, value: Value) -> str:
    shown = show_key(key)
    return f"({shown}): {show(value)}" if isinstance(key, tuple) else f"{shown}: {show(value)}"


def show_name(name: str) -> str:
    """`name`, or its quoted form when it holds what would break a line or a terminal."""
    return name if name.isprintable() else repr(name)


def in_order(values: Iterable[Value]) -> list[Value]:
    """`values` sorted the way people count: b2 before b10, and by kind where kinds differ."""
    return sorted(values, key=sort_key)


def sort_key(value: Value) -> tuple[Any, ...]:
    """A key that orders any two values; its first part is the kind, so kinds never mix."""
    match value:
        case None:
            return (0,)
        case bool():
            return (1, value)
        case int():
            return (2, value)
        case str():
            return (3, _natural(value))
        case tuple():
            return (4, tuple(map(sort_key, value)))
        case frozenset():
            return (5, tuple(sorted(map(sort_key, value))))
        case FrozenMap():
            return (6, tuple(sorted((sort_key(k), sort_key(v)) for k, v in value.items())))
        case Record(tag, fields):
            shown = tuple((_natural(name), sort_key(field)) for name, field in fields)
            return (7, _natural(tag), shown)


def _natural(text: str) -> tuple[tuple[str | int, ...], str]:
    # Splitting at digits alternates text and numbers, so equal positions always
    # compare equal kinds. The text itself comes last, to tell b1 from b01.
    parts = _DIGITS.split(text)
    return tuple(int(p) if i % 2 else p for i, p in enumerate(parts)), text
