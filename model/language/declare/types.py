"""The types of the language, with records and messages, and the annotations that name them.

Every type is finite at given sizes. The order of `values` is that of their codes: packed states
and ordered sorts depend on it.
"""

from __future__ import annotations

import enum
import inspect
import itertools
import types as pytypes
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Self, Union, get_origin

from .annotations import NotAType, scope_of, shown
from .networks import Network
from .quorums import QuorumSystem, is_kind
from .sorts import Int, Nat, Ordered, Ring, Sort, elements_of
from .unions import Type as Type
from .unions import UnionType, union_of
from .values import FrozenMap, frozen


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
    """The numbers 0..n. `sort` is None for a number without a declared range, such as a sum."""

    sort: type[Nat] | None = None

    def __str__(self) -> str:
        return self.sort.__name__ if self.sort else "int"

    def values(self) -> Iterator[Any]:
        return iter(elements_of(self.sort)) if self.sort else iter(())


@dataclass(frozen=True)
class IntType(Type):
    """The numbers of a range, negative ones too. `sort` is None for one without declared range."""

    sort: type[Int] | None = None

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

    @property
    def ordered(self) -> bool:
        """Whether its values are compared by their fields."""
        return self.record._order

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
    """Sequences of at most n elements; n is the largest number of the `Nat` sort `length`."""

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
        keys = list(key_values(self.keys))
        for row in itertools.product(list(self.value.values()), repeat=len(keys)):
            yield FrozenMap(zip(keys, row, strict=True))


@dataclass(frozen=True)
class MessagesType(Type):
    """A set of messages of these classes, which only grows if there is no other `network`."""

    messages: tuple[type[Record], ...]
    network: Network | None = None

    def __str__(self) -> str:
        return f"Messages[{', '.join(m.__name__ for m in self.messages)}]"


def in_flight(t: Type) -> MessagesType | None:
    """The type, if it is that of messages which are gone once they are delivered."""
    return t if isinstance(t, MessagesType) and t.network is not None else None


def proper_values(t: Type) -> Iterator[Any]:
    """The values that parameters and loops of this type range over: without the bottom."""
    if isinstance(t, UnionType):
        return itertools.chain.from_iterable(map(proper_values, t.alternatives))
    return iter(elements_of(t.sort)) if isinstance(t, SortType) else t.values()


def key_values(keys: tuple[Type, ...]) -> Iterator[Any]:
    """The keys of a map: values if it has one key type, tuples if it has several."""
    rows = itertools.product(*(list(proper_values(k)) for k in keys))
    return (row[0] for row in rows) if len(keys) == 1 else rows


# ---------------------------------------------------------------- records


_OF_MESSAGES = ("key", "link")  # annotated in `Message`, and no fields


@cache
def _fields(count: int) -> tuple[Any, ...]:
    """The fields of records with so many: those of a named tuple, which are read in C."""
    names = [f"field{i}" for i in range(count)]
    like = namedtuple("like", names)  # type: ignore[misc]
    return tuple(vars(like)[name] for name in names)


class Record(tuple[Any, ...]):
    """A value with named fields, declared by annotations: `class Entry(Record): term: Term`.

    `order=True` compares by the fields in their order: the first that differs decides.
    """

    _order: ClassVar[bool] = False
    _types: ClassVar[dict[str, Type] | None] = None
    _names: ClassVar[tuple[str, ...]] = ()
    _scope: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, *, order: bool | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if order is not None:
            cls._order = bool(order)
        cls._scope = scope_of(cls)
        cls._types = None
        cls._names = tuple(
            name
            for base in reversed(cls.__mro__)
            for name in inspect.get_annotations(base)
            if not name.startswith("_") and name not in _OF_MESSAGES
        )
        for name, field in zip(cls._names, _fields(len(cls._names)), strict=True):
            setattr(cls, name, field)

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """The fields, in order."""
        return cls._names

    @classmethod
    def field_types(cls) -> dict[str, Type]:
        """The fields and their types, in order. Raises NotAType."""
        if cls._types is None:
            found: dict[str, Type] = {}
            for base in reversed(cls.__mro__):
                scope = vars(base).get("_scope", {})
                for name, annotation in inspect.get_annotations(base).items():
                    if name.startswith("_") or name in _OF_MESSAGES:
                        continue
                    value = annotation
                    while isinstance(value, str):
                        value = eval(value, scope)
                    found[name] = type_of(value)
            cls._types = found
        return cls._types

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        names = cls.field_names()
        if len(args) + len(kwargs) != len(names) or not set(kwargs) <= set(names[len(args) :]):
            raise TypeError(
                f"{cls.__name__} takes the fields {', '.join(names)}; "
                f"got {len(args)} by position and {', '.join(kwargs) or 'none'} by name"
            )
        values = (*args, *(kwargs[n] for n in names[len(args) :]))
        return tuple.__new__(cls, map(frozen, values))

    def _changed(self, **fields: Any) -> Self:
        """The record with other values in these fields."""
        return type(self)(**dict(zip(self.field_names(), self, strict=True)) | fields)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((type(self).__name__, tuple.__hash__(self)))

    def __repr__(self) -> str:
        fields = zip(self.field_names(), self, strict=True)
        return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in fields)})"


class TupleRecord(Record):
    """A value of `tuple[A, B]`; in CPython a plain tuple, which is equal to it, stands for it."""

    def __eq__(self, other: object) -> bool:
        return type(other) in (tuple, type(self)) and bool(tuple.__eq__(self, other))

    __hash__ = tuple.__hash__
    __repr__ = tuple.__repr__

    def __reduce__(self) -> Any:
        return (_tuple_of, (tuple(self.field_types().values()), tuple(self)))


@cache
def tuple_type(items: tuple[Type, ...]) -> RecordType:
    """`tuple[A, B]`: a record of fields without names of their own."""
    body = {"__annotations__": {f"item{i}": t for i, t in enumerate(items)}}
    name = f"tuple[{', '.join(map(str, items))}]"
    return RecordType(type(name, (TupleRecord,), body, order=True))


def _tuple_of(items: tuple[Type, ...], value: tuple[Any, ...]) -> Record:
    return tuple_type(items).record(*value)


class Message(Record):
    """A record that can be sent. `key=("a", "b")`: at most one per (a, b) is ever sent.

    The key is checked at every send. With a key the checker stores one small number per key, not
    one bit per possible message. It changes no count.

    `link=("a", "b")` names the fields that say who sends it, and to whom: it is delivered to the
    latter alone.
    """

    key: ClassVar[tuple[str, ...] | None] = None
    link: ClassVar[tuple[str, ...] | None] = None

    def __init_subclass__(
        cls,
        *,
        key: tuple[str, ...] | str | None = None,
        link: tuple[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        if key is not None:
            cls.key = (key,) if isinstance(key, str) else tuple(key)
        if link is not None:
            cls.link = (link,) if isinstance(link, str) else tuple(link)


# ---------------------------------------------------------------- annotations


def type_of(annotation: Any) -> Type:
    """The type that an evaluated annotation stands for. Raises NotAType."""
    if isinstance(annotation, Type):
        return annotation
    if isinstance(annotation, pytypes.UnionType) or get_origin(annotation) is Union:
        return _union(annotation)
    if annotation is bool:
        return BoolType()
    if annotation is int:
        return NatType(None)
    items = annotation.__args__ if get_origin(annotation) is tuple else ()
    if len(items) > 1 and Ellipsis not in items:
        return tuple_type(tuple(map(type_of, items)))
    if isinstance(annotation, type):
        of_language = annotation in (Ordered, Ring, Message) or (
            is_kind(annotation) and not hasattr(annotation, "of")
        )
        for base, make in _FROM_CLASS:
            if issubclass(annotation, base) and annotation is not base and not of_language:
                return make(annotation)  # type: ignore[no-any-return]
    raise NotAType(shown(annotation))


def _union(annotation: Any) -> Type:
    found = [type_of(t) for t in annotation.__args__ if t is not type(None)]
    for t in found if len(found) > 1 else ():
        if not isinstance(t, (SortType, EnumType, RecordType)) or "tuple[" in str(t):
            raise NotAType(f"a union with {t}")
    inner = found[0] if len(found) == 1 else union_of(found)
    return OptionType(inner) if type(None) in annotation.__args__ else inner


_FROM_CLASS: tuple[tuple[type, Any], ...] = (
    (QuorumSystem, QuorumType),
    (Sort, SortType),
    (Nat, NatType),
    (Int, IntType),
    (enum.Enum, EnumType),
    (Record, RecordType),
)
