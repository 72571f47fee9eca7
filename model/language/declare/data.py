"""The values that states hold besides elements: records, messages, maps, sets, sequences.

`Map[K, V]`, `Set[T]`, `Seq[T, N]` and `Messages[M, ...]` are annotations. At run time a set is a
`frozenset`, a sequence a `tuple`, a map variable a `Cells`, a map inside a message a `FrozenMap`.
"""

from __future__ import annotations

import enum
import inspect
import re
import sys
import types as pytypes
from collections.abc import Iterable, Iterator, Mapping
from typing import (
    Any,
    ClassVar,
    Generic,
    Self,
    TypeVar,
    TypeVarTuple,
    Union,
    get_origin,
    overload,
)

from .quorums import QuorumSystem
from .quorums import is_kind as is_quorum_kind
from .sorts import Nat, Ordered, Sort
from .types import (
    BoolType,
    EnumType,
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
)

Ts = TypeVarTuple("Ts")
T = TypeVar("T")
N = TypeVar("N")
K = TypeVar("K")
K2 = TypeVar("K2")
K3 = TypeVar("K3")


class NotAType(Exception):
    """An annotation that is no type of the language; the text says what it is."""


def type_of(annotation: Any) -> Type:
    """The type that an evaluated annotation stands for. Raises NotAType."""
    if isinstance(annotation, Type):
        return annotation
    if isinstance(annotation, pytypes.UnionType) or get_origin(annotation) is Union:
        return _option(annotation)
    if annotation is bool:
        return BoolType()
    if annotation is int:
        return NatType(None)
    if isinstance(annotation, type):
        of_language = annotation in (Ordered, Message) or (
            is_quorum_kind(annotation) and not hasattr(annotation, "of")
        )
        for base, make in _FROM_CLASS:
            if issubclass(annotation, base) and annotation is not base and not of_language:
                return make(annotation)  # type: ignore[no-any-return]
    raise NotAType(_shown(annotation))


def _option(union: Any) -> Type:
    inner = [t for t in union.__args__ if t is not type(None)]
    if len(inner) != 1 or len(union.__args__) != 2:
        raise NotAType(" | ".join("None" if t is type(None) else _shown(t) for t in union.__args__))
    return OptionType(type_of(inner[0]))


def _shown(annotation: Any) -> str:
    """An annotation as written, without the modules it comes from."""
    if isinstance(annotation, type) and not getattr(annotation, "__args__", ()):
        return annotation.__name__
    return re.sub(r"\b\w+\.", "", str(annotation))


class Map(Generic[*Ts]):
    """`Map[K, V]` or `Map[K1, K2, V]`: one value of V for every key."""

    def __class_getitem__(cls, item: Any) -> Any:
        *keys, value = item if isinstance(item, tuple) else (item,)
        if not keys:
            raise NotAType("Map with one argument")
        return MapType(tuple(map(type_of, keys)), type_of(value))

    # What a cell holds is known to type checkers for up to three keys.
    @overload
    def __getitem__(self: Map[K, T], key: K) -> T: ...
    @overload
    def __getitem__(self: Map[K, K2, T], key: tuple[K, K2]) -> T: ...
    @overload
    def __getitem__(self: Map[K, K2, K3, T], key: tuple[K, K2, K3]) -> T: ...
    def __getitem__(self, key: Any) -> Any:
        raise NotImplementedError

    def __setitem__(self, key: Any, value: Any) -> None:
        raise NotImplementedError


class Set(frozenset[T]):
    """`Set[T]`: a subset of a sort."""

    def __class_getitem__(cls, item: Any) -> Any:
        return SetType(type_of(item))


class Seq(tuple[T, ...], Generic[T, N]):
    """`Seq[T, N]`: a sequence no longer than the largest number of the Nat sort N."""

    def __class_getitem__(cls, item: Any) -> Any:
        if not isinstance(item, tuple) or len(item) != 2:
            raise NotAType("Seq with one argument")
        element, length = item
        if not (isinstance(length, type) and issubclass(length, Nat)):
            raise NotAType(f"Seq of length {_shown(length)}")
        return SeqType(type_of(element), NatType(length))


class Messages(Generic[*Ts]):
    """`Messages[M1, M2, ...]`: the messages sent so far, a set that only grows.

    A message not received yet is delayed, one never received is lost, one received twice is
    duplicated, and no order is kept: the set alone is the faulty network.
    """

    def __class_getitem__(cls, item: Any) -> Any:
        classes = item if isinstance(item, tuple) else (item,)
        for message in classes:
            if not (isinstance(message, type) and issubclass(message, Message)):
                raise NotAType(f"Messages of {_shown(message)}")
        return MessagesType(classes)

    def __getitem__(self, message: type[T]) -> Iterable[T]:
        raise NotImplementedError

    def __contains__(self, message: object) -> bool:
        raise NotImplementedError

    def add(self, message: Message) -> None:
        """Send a message."""
        raise NotImplementedError


class Record(tuple[Any, ...]):
    """A value with named fields, declared by annotations: `class Entry(Record): term: Term`."""

    _types: ClassVar[dict[str, Type] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._types = None
        for i, name in enumerate(cls.field_names()):
            setattr(cls, name, _Field(i))

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        return tuple(
            name
            for base in reversed(cls.__mro__)
            for name in inspect.get_annotations(base)
            if not name.startswith("_") and name not in ("key",)
        )

    @classmethod
    def field_types(cls) -> dict[str, Type]:
        """The fields and their types, in order. Raises NotAType."""
        if cls._types is None:
            found: dict[str, Type] = {}
            for base in reversed(cls.__mro__):
                scope = vars(sys.modules.get(base.__module__, pytypes.ModuleType("")))
                for name, annotation in inspect.get_annotations(base).items():
                    if name.startswith("_") or name == "key":
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

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((type(self).__name__, tuple.__hash__(self)))

    def __repr__(self) -> str:
        fields = zip(self.field_names(), self, strict=True)
        return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in fields)})"


class _Field:
    def __init__(self, index: int) -> None:
        self.index = index

    def __get__(self, record: Any, owner: type) -> Any:
        return self if record is None else tuple.__getitem__(record, self.index)


class Message(Record):
    """A record that can be sent. `key=("a", "b")`: at most one per (a, b) is ever sent.

    The key is checked at every send; it lets the checker store one small number per key instead
    of one bit per possible message, and changes no count.
    """

    key: ClassVar[tuple[str, ...] | None] = None

    def __init_subclass__(cls, *, key: tuple[str, ...] | str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if key is not None:
            cls.key = (key,) if isinstance(key, str) else tuple(key)


class FrozenMap(Mapping[Any, Any]):
    """A map as a value: inside a message, or the state of a map variable."""

    __slots__ = ("_dict", "_hash")

    def __init__(self, items: Iterable[tuple[Any, Any]] | Mapping[Any, Any]) -> None:
        self._dict = dict(items)
        self._hash: int | None = None

    def __getitem__(self, key: Any) -> Any:
        return self._dict[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._dict)

    def __len__(self) -> int:
        return len(self._dict)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._dict.items()))
        return self._hash

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{k!r}: {v!r}" for k, v in self._dict.items()) + "}"


def frozen(value: Any) -> Any:
    """The immutable form of a dict, list or set that a description wrote."""
    if isinstance(value, dict):
        return FrozenMap({k: frozen(v) for k, v in value.items()})
    if isinstance(value, list):
        return tuple(map(frozen, value))
    return frozenset(value) if isinstance(value, set) else value


_FROM_CLASS: tuple[tuple[type, Any], ...] = (
    (QuorumSystem, QuorumType),
    (Sort, SortType),
    (Nat, NatType),
    (enum.Enum, EnumType),
    (Record, RecordType),
)
