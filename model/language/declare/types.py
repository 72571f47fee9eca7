"""The types of the language: what an annotation means, and how many values it has.

Every type is finite once sizes are given. The order of `values` is the order of their codes,
which the packed representation and the orders of sorts rely on.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .quorums import QuorumSystem
from .sorts import Nat, Ordered, Sort, elements_of

if TYPE_CHECKING:
    from .data import Record


class Type:
    """A set of values. `str` gives it as the user would write it."""

    def values(self) -> Iterator[Any]:
        """Every value, in code order, under the active sizes."""
        raise NotImplementedError


@dataclass(frozen=True)
class BoolType(Type):
    def __str__(self) -> str:
        return "bool"

    def values(self) -> Iterator[Any]:
        return iter((False, True))


@dataclass(frozen=True)
class SortType(Type):
    """A sort's elements; an ordered sort's bottom comes first."""

    sort: type[Sort]

    def __str__(self) -> str:
        return self.sort.__name__

    @property
    def ordered(self) -> bool:
        return issubclass(self.sort, Ordered)

    @property
    def bottom(self) -> str | None:
        return self.sort.bottom if issubclass(self.sort, Ordered) else None

    def values(self) -> Iterator[Any]:
        if self.bottom is not None:
            yield self.sort(-1)
        yield from elements_of(self.sort)


@dataclass(frozen=True)
class EnumType(Type):
    enum: type[enum.Enum]

    def __str__(self) -> str:
        return self.enum.__name__

    def values(self) -> Iterator[Any]:
        return iter(self.enum)


@dataclass(frozen=True)
class NatType(Type):
    """0..n; `sort` is None for a number that has no declared range, such as a sum."""

    sort: type[Nat] | None = None

    def __str__(self) -> str:
        return self.sort.__name__ if self.sort else "int"

    def values(self) -> Iterator[Any]:
        return iter(elements_of(self.sort)) if self.sort else iter(())


@dataclass(frozen=True)
class QuorumType(Type):
    system: type[QuorumSystem[Any]]

    def __str__(self) -> str:
        return self.system.__name__

    def values(self) -> Iterator[Any]:
        return iter(elements_of(self.system))


@dataclass(frozen=True)
class OptionType(Type):
    """`T | None`, None first."""

    inner: Type

    def __str__(self) -> str:
        return f"{self.inner} | None"

    def values(self) -> Iterator[Any]:
        yield None
        yield from self.inner.values()


@dataclass(frozen=True)
class RecordType(Type):
    record: type[Record]

    def __str__(self) -> str:
        return self.record.__name__

    @property
    def fields(self) -> dict[str, Type]:
        return self.record.field_types()

    def values(self) -> Iterator[Any]:
        for row in itertools.product(*(list(t.values()) for t in self.fields.values())):
            yield self.record(*row)


@dataclass(frozen=True)
class SetType(Type):
    element: Type

    def __str__(self) -> str:
        return f"Set[{self.element}]"

    def values(self) -> Iterator[Any]:
        members = list(self.element.values())
        for bits in range(1 << len(members)):
            yield frozenset(m for i, m in enumerate(members) if bits >> i & 1)


@dataclass(frozen=True)
class SeqType(Type):
    """At most n elements, where n is the largest number of the `Nat` sort `length`."""

    element: Type
    length: NatType

    def __str__(self) -> str:
        return f"Seq[{self.element}, {self.length}]"

    def values(self) -> Iterator[Any]:
        items = list(self.element.values())
        for n in self.length.values():
            yield from itertools.product(items, repeat=n)


@dataclass(frozen=True)
class MapType(Type):
    keys: tuple[Type, ...]
    value: Type

    def __str__(self) -> str:
        return f"Map[{', '.join(map(str, (*self.keys, self.value)))}]"

    def values(self) -> Iterator[Any]:
        from .data import FrozenMap

        keys = list(key_values(self.keys))
        for row in itertools.product(list(self.value.values()), repeat=len(keys)):
            yield FrozenMap(zip(keys, row, strict=True))


@dataclass(frozen=True)
class MessagesType(Type):
    """A set of messages of these classes that only grows."""

    messages: tuple[type[Record], ...]

    def __str__(self) -> str:
        return f"Messages[{', '.join(m.__name__ for m in self.messages)}]"


def proper_values(t: Type) -> Iterator[Any]:
    """The values that a parameter or a loop of this type ranges over: no bottom."""
    return iter(elements_of(t.sort)) if isinstance(t, SortType) else t.values()


def key_values(keys: tuple[Type, ...]) -> Iterator[Any]:
    """The keys of a map: single values for one key type, tuples for several."""
    rows = itertools.product(*(list(proper_values(k)) for k in keys))
    return (row[0] for row in rows) if len(keys) == 1 else rows


def holds(t: Type, value: Any) -> bool:
    """Whether a Python value is a value of the type, whatever the sizes."""
    match t:
        case BoolType():
            return isinstance(value, bool)
        case SortType(sort):
            return isinstance(value, sort)
        case EnumType(enum):
            return isinstance(value, enum)
        case NatType():
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case OptionType(inner):
            return value is None or holds(inner, value)
        case RecordType(record):
            return isinstance(value, record) and all(
                holds(ft, x) for ft, x in zip(t.fields.values(), value, strict=True)
            )
        case SetType(element):
            return isinstance(value, frozenset) and all(holds(element, x) for x in value)
        case SeqType(element, _):
            return isinstance(value, tuple) and all(holds(element, x) for x in value)
        case MapType(_, inner):
            return isinstance(value, Mapping) and all(holds(inner, x) for x in value.values())
    return False
