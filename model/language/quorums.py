"""Quorum systems: families of subsets of a sort, and which of them must intersect.

A system lists its *minimal* quorums for a given size. Whether they intersect is not assumed: the
checker proves it (`meets` names the systems that each quorum must share a member with).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, TypeVar

from .diagnostics import SizeError
from .sorts import Sort, SortMeta

MOST_QUORUMS = 100_000

S = TypeVar("S", bound=Sort)


class QuorumSystem(frozenset[S], metaclass=SortMeta):
    """A quorum: a set of elements of the sort `of`. Subclasses say which sets are quorums."""

    of: ClassVar[type[Sort]]
    meets: ClassVar[tuple[type[QuorumSystem[Any]], ...]]

    def __class_getitem__(cls, of: Any) -> Any:
        if not isinstance(of, type):  # `Majority[S]`: S is this module's own type variable
            return cls
        return type(f"{cls.__name__}[{of.__name__}]", (cls,), {"of": of, "_abstract": True})

    def __init_subclass__(
        cls,
        *,
        meets: type[QuorumSystem[Any]] | Iterable[type[QuorumSystem[Any]]] | None = None,
        **kw: Any,
    ) -> None:
        super().__init_subclass__(**kw)
        if meets is not None:
            cls.meets = (meets,) if isinstance(meets, type) else tuple(meets)  # type: ignore[assignment]
        elif "meets" not in cls.__dict__:
            cls.meets = (cls,)

    @classmethod
    def count(cls, n: int) -> int:
        """How many minimal quorums there are among n elements, without listing them."""
        return sum(1 for _ in itertools.islice(cls.subsets(n), MOST_QUORUMS + 1))

    @classmethod
    def subsets(cls, n: int) -> Iterator[tuple[int, ...]]:
        """The minimal quorums among elements 0..n-1, as increasing tuples of indices."""
        raise NotImplementedError

    @classmethod
    def quorums(cls, members: Sequence[Any]) -> tuple[QuorumSystem[S], ...]:
        """The minimal quorums of these elements. Raises SizeError if there are too many."""
        if (count := cls.count(len(members))) > MOST_QUORUMS:
            raise SizeError(
                f"{cls.__name__} has {count:,} minimal quorums among {len(members)} "
                f"{cls.of.__name__}s, more than {MOST_QUORUMS:,}"
            )
        return tuple(cls(members[i] for i in subset) for subset in cls.subsets(len(members)))

    def __repr__(self) -> str:
        return "{" + ",".join(sorted(map(repr, self), key=lambda name: (len(name), name))) + "}"


class _BySize(QuorumSystem[S]):
    @classmethod
    def least(cls, n: int) -> int:
        raise NotImplementedError

    @classmethod
    def count(cls, n: int) -> int:
        return math.comb(n, cls._checked(n))

    @classmethod
    def subsets(cls, n: int) -> Iterator[tuple[int, ...]]:
        return itertools.combinations(range(n), cls._checked(n))

    @classmethod
    def _checked(cls, n: int) -> int:
        least = cls.least(n)
        if not 1 <= least <= n:
            raise SizeError(
                f"{cls.__name__} asks for quorums of {least} among {n} {cls.of.__name__}s"
            )
        return least


class Majority(_BySize[S]):
    """More than half of the elements (Paxos Made Simple, §2.2). Any two intersect."""

    @classmethod
    def least(cls, n: int) -> int:
        return n // 2 + 1


class Flexible(_BySize[S]):
    """Any `size` elements (Howard, Malkhi, Spiegelman: Flexible Paxos, 2016).

    `size` is a number or a function of how many elements there are. Such a system need not
    intersect itself; say `meets=` which system it must intersect.
    """

    size: ClassVar[int | Callable[[int], int]]

    def __init_subclass__(
        cls, *, size: int | Callable[[int], int] | None = None, **kwargs: Any
    ) -> None:
        if "_abstract" not in cls.__dict__:
            kwargs.setdefault("meets", ())
        super().__init_subclass__(**kwargs)
        if size is not None:
            cls.size = staticmethod(size) if callable(size) else size

    @classmethod
    def least(cls, n: int) -> int:
        return cls.size(n) if callable(cls.size) else cls.size


class Weighted(QuorumSystem[S]):
    """Elements with weights, one per element; a quorum holds more than half of the weight.

    Gifford: Weighted Voting for Replicated Data, 1979. Any two intersect.
    """

    weights: ClassVar[tuple[int, ...]]

    def __init_subclass__(cls, *, weights: Sequence[int] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if weights is not None:
            cls.weights = tuple(weights)

    @classmethod
    def subsets(cls, n: int) -> Iterator[tuple[int, ...]]:
        if len(cls.weights) != n:
            raise SizeError(
                f"{cls.__name__} has {len(cls.weights)} weights, but there are {n} "
                f"{cls.of.__name__}s"
            )
        total = sum(cls.weights)
        for subset in _subsets(n):
            weight = sum(cls.weights[i] for i in subset)
            lightest = min((cls.weights[i] for i in subset), default=0)
            if 2 * weight > total >= 2 * (weight - lightest):
                yield subset


class Explicit(QuorumSystem[S]):
    """The quorums listed, by the elements' indices: `quorums=[(0, 1), (1, 2), (0, 2)]`."""

    listed: ClassVar[tuple[tuple[int, ...], ...]]

    def __init_subclass__(
        cls, *, quorums: Iterable[Iterable[int]] | None = None, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        if quorums is not None:
            cls.listed = tuple(tuple(sorted(set(q))) for q in quorums)

    @classmethod
    def subsets(cls, n: int) -> Iterator[tuple[int, ...]]:
        for subset in cls.listed:
            if not subset or subset[-1] >= n or subset[0] < 0:
                raise SizeError(
                    f"{cls.__name__} lists the quorum {subset}, but the {n} {cls.of.__name__}s "
                    f"are numbered 0..{n - 1}"
                )
            yield subset


def _subsets(n: int) -> Iterator[tuple[int, ...]]:
    for size in range(n + 1):
        yield from itertools.combinations(range(n), size)
