"""The annotations `Map[K, V]`, `Const[T]`, `Set[T]`, `Seq[T, N]` and `Messages[M, ...]`.

At run time a set is a `frozenset`, a sequence a `tuple`, a map variable the interpreter's
`MapVariable`, and a map inside a message a `FrozenMap`.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, TypeVarTuple, overload

from .annotations import Fixed, NotAType, shown
from .sorts import Nat
from .types import (
    MapType,
    Message,
    MessagesType,
    NatType,
    SeqType,
    SetType,
    type_of,
)

Ts = TypeVarTuple("Ts")
T = TypeVar("T")
N = TypeVar("N")
K = TypeVar("K")
K2 = TypeVar("K2")
K3 = TypeVar("K3")


class Map(Generic[*Ts]):
    """`Map[K, V]` or `Map[K1, K2, V]`: one value of V for every key."""

    def __class_getitem__(cls, item: Any) -> Any:
        *keys, value = item if isinstance(item, tuple) else (item,)
        if not keys:
            raise NotAType("Map with one argument")
        return MapType(tuple(map(type_of, keys)), type_of(value))

    # Type checkers know the type of a cell for up to three keys.
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


if TYPE_CHECKING:
    Const = Annotated[T, "fixed"]
else:

    class Const:
        """`Const[T]`: a variable whose value is chosen at first and then kept: links, a root.

        It is a part of every state: where an `@init` chooses it, as in every bundled protocol that
        has one, states that differ in nothing else are different states, and symmetry permutes it
        with the rest. One that has the same value in every run takes its bits all the same.
        """

        def __class_getitem__(cls, item: Any) -> Fixed:
            return Fixed(item)


class Set(frozenset[T]):
    """`Set[T]`: a subset of a sort."""

    if TYPE_CHECKING:  # what `self.s = self.s | {x}` needs; values are plain frozensets

        def __or__(self, value: AbstractSet[Any]) -> Set[T]: ...
        def __and__(self, value: AbstractSet[Any]) -> Set[T]: ...
        def __sub__(self, value: AbstractSet[Any]) -> Set[T]: ...

    def __class_getitem__(cls, item: Any) -> Any:
        return SetType(type_of(item))


class Seq(tuple[T, ...], Generic[T, N]):
    """`Seq[T, N]`: a sequence no longer than the largest number of the Nat sort N."""

    def __class_getitem__(cls, item: Any) -> Any:
        if not isinstance(item, tuple) or len(item) != 2:
            raise NotAType("Seq with one argument")
        element, length = item
        if not (isinstance(length, type) and issubclass(length, Nat)):
            raise NotAType(f"Seq of length {shown(length)}")
        return SeqType(type_of(element), NatType(length))


class Messages(Generic[*Ts]):
    """`Messages[M1, M2, ...]`: the messages sent so far, a set that only grows.

    This set is the faulty network: a message that is not received yet is delayed, one that is
    never received is lost, one that is received twice is duplicated, and there is no order.

    `Messages[...] = at_most_once()` are those in flight, each delivered once (see `networks.py`).
    """

    def __class_getitem__(cls, item: Any) -> Any:
        classes = item if isinstance(item, tuple) else (item,)
        for message in classes:
            if not (isinstance(message, type) and issubclass(message, Message)):
                raise NotAType(f"Messages of {shown(message)}")
        return MessagesType(classes)

    def __getitem__(self, message: type[T]) -> Iterable[T]:
        raise NotImplementedError

    def __contains__(self, message: object) -> bool:
        raise NotImplementedError

    def add(self, message: Message) -> None:
        """Send a message."""
        raise NotImplementedError

    def discard(self, message: Message) -> None:
        """Let a message be in flight no more, if it is: it is lost."""
        raise NotImplementedError
