"""Quorum systems: families of subsets of a sort, and which of them must intersect.

A system lists its *minimal* quorums for a given size. `meets` names the systems with which each of
its quorums must share a member. That they do is never assumed: the checker proves it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, TypeGuard, TypeVar

from quorate.model.language.diagnostics import SizeError

from .sorts import Sort, SortMeta
from .votes import TooMany, Votes, all_of, any_of, at_least, minimal

MOST_QUORUMS = 100_000

S = TypeVar("S", bound=Sort)
Number = int | Callable[[int], int]  # a number, or a function of the number of elements
Mistake = tuple[str, str]  # what is wrong with a declaration, and what to write


def is_kind(system: Any) -> bool:
    """Whether a quorum system is a kind that the language provides, not a user's declaration."""
    return bool(system.__module__.rpartition(".")[0] == __package__)


class FunctionError(SizeError):
    """A function in a declaration that fails or does not return a whole number."""


class QuorumSystem(frozenset[S], metaclass=SortMeta):
    """A quorum: a set of elements of the sort `of`. Subclasses say which sets are quorums.

    `keywords` are what a declaration gives beside `meets=`, each an attribute of the class; those
    in `optional` have a default. Messages show `example` if keywords are missing, and `hint` if a
    function that was given fails.
    """

    of: ClassVar[type[Sort]]
    meets: ClassVar[tuple[type[QuorumSystem[Any]], ...]]
    keywords: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[tuple[str, ...]] = ()
    example: ClassVar[str] = ""
    hint: ClassVar[str] = ""
    misfits: ClassVar[tuple[Mistake, ...]] = ()  # unknown keywords

    def __class_getitem__(cls, of: Any) -> Any:
        if not isinstance(of, type):  # `Majority[S]`: S is this module's own type variable
            return cls
        body = {"of": of, "_abstract": True, "__module__": __name__}
        return type(f"{cls.__name__}[{of.__name__}]", (cls,), body)

    def __init_subclass__(
        cls,
        *,
        meets: type[QuorumSystem[Any]] | Sequence[type[QuorumSystem[Any]]] | None = None,
        **given: Any,
    ) -> None:
        for name in (*cls.keywords, *cls.optional):
            if name in given:
                value = given.pop(name)
                is_function = callable(value) and not isinstance(value, type)
                setattr(cls, name, staticmethod(value) if is_function else _settled(value))
        kind = next(b for b in cls.__mro__ if is_kind(b)).__name__.partition("[")[0]
        known = ", ".join(filter(None, (cls.example, "meets=Other")))
        cls.misfits += tuple(
            (f"{cls.__name__} is given `{name}=`", f"{kind} is declared by `{known}`")
            for name in given
        )
        super().__init_subclass__()
        if "subsets" in cls.__dict__ and "votes" not in cls.__dict__:  # the last word is that
            cls.votes = classmethod(_votes_of_subsets)  # type: ignore[assignment]
            cls.count = classmethod(_count_of_subsets)  # type: ignore[assignment]
        if meets is not None:
            named: Any = _settled(meets) if isinstance(meets, (list, tuple)) else (meets,)
            if not all(isinstance(s, type) and issubclass(s, QuorumSystem) for s in named):
                what = (f"{cls.__name__} meets {meets!r}", "`meets=` takes quorum systems")
                cls.misfits, named = (*cls.misfits, what), ()
            cls.meets = named
        elif "meets" not in cls.__dict__:
            cls.meets = (cls,) if cls.meets_itself() else ()

    @classmethod
    def meets_itself(cls) -> bool:
        """Whether any two quorums must intersect if `meets=` is not given."""
        return True

    @classmethod
    def mistakes(cls) -> Iterator[Mistake]:
        """The mistakes in the values of the keywords, each with what to write instead."""
        return iter(())

    @classmethod
    def count(cls, n: int) -> int:
        """The number of minimal quorums among n elements, without listing them."""
        return _count_of_subsets(cls, n)

    @classmethod
    def subsets(cls, n: int) -> Iterator[tuple[int, ...]]:
        """The minimal quorums among elements 0..n-1, as increasing tuples of indices."""
        raise NotImplementedError

    @classmethod
    def votes(cls, n: int) -> Votes:
        """The quorums, and all sets that contain one, as votes of members 0..n-1."""
        return _votes_of_subsets(cls, n)

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


def _settled(value: Any) -> Any:
    """Lists as tuples, so that they cannot change later."""
    return tuple(map(_settled, value)) if isinstance(value, (list, tuple, range)) else value


def _votes_of_subsets(cls: type[QuorumSystem[Any]], n: int) -> Votes:
    return any_of(all_of(subset) for subset in cls.subsets(n))


def _count_of_subsets(cls: type[QuorumSystem[Any]], n: int) -> int:
    return sum(1 for _, _ in zip(range(MOST_QUORUMS + 1), cls.subsets(n), strict=False))


class ByVotes(QuorumSystem[S]):
    """A system that is defined by its votes; its minimal quorums follow from them."""

    @classmethod
    def votes(cls, n: int) -> Votes:
        raise NotImplementedError

    @classmethod
    def subsets(cls, n: int) -> Iterator[tuple[int, ...]]:
        try:
            return iter(minimal(cls.votes(n), MOST_QUORUMS))
        except TooMany:
            raise SizeError(
                f"{cls.__name__} has more than {MOST_QUORUMS:,} minimal quorums among {n} "
                f"{cls.of.__name__}s"
            ) from None


class BySize(QuorumSystem[S]):
    """Any `least(n)` of n elements."""

    @classmethod
    def least(cls, n: int) -> int:
        """The number of elements of a minimal quorum."""
        raise NotImplementedError

    @classmethod
    def count(cls, n: int) -> int:
        return math.comb(n, cls.checked(n))

    @classmethod
    def subsets(cls, n: int) -> Iterator[tuple[int, ...]]:
        return itertools.combinations(range(n), cls.checked(n))

    @classmethod
    def votes(cls, n: int) -> Votes:
        return at_least(cls.checked(n), range(n))

    @classmethod
    def checked(cls, n: int) -> int:
        """`least(n)`. Raises SizeError where there are no such quorums."""
        least = whole(cls.least(n), n)
        if not 1 <= least <= n:
            raise SizeError(
                f"{cls.__name__} asks for quorums of {least} among {n} {cls.of.__name__}s"
            )
        return least


class Majority(BySize[S]):
    """More than half of the elements (Paxos Made Simple, §2.2). Any two intersect."""

    @classmethod
    def least(cls, n: int) -> int:
        return n // 2 + 1


class Flexible(BySize[S]):
    """Any `size` elements (Howard, Malkhi, Spiegelman: Flexible Paxos, 2016).

    `size` is a number or a function of the number of elements. Such a system need not
    intersect itself; say `meets=` which system it must intersect.
    """

    size: ClassVar[Number]
    keywords = ("size",)
    example = "size=2"
    hint = (
        "`size=` is a number, or a function of how many elements there are: "
        "`size=lambda n: n // 2 + 1`"
    )

    @classmethod
    def meets_itself(cls) -> bool:
        return False

    @classmethod
    def least(cls, n: int) -> int:
        return at(cls.size, n)


class Weighted(ByVotes[S]):
    """Elements with weights, one per element; a quorum holds at least `need` of the weight.

    By default that is more than half of it, so that any two intersect. `need` is a number or a
    function of the whole weight; such a system must say what it meets, as read quorums meet
    write quorums. Gifford: Weighted Voting for Replicated Data, 1979.
    """

    weights: ClassVar[tuple[int, ...]]
    need: ClassVar[Number | None] = None
    keywords = ("weights",)
    optional = ("need",)
    example = "weights=(2, 1, 1)"

    @classmethod
    def meets_itself(cls) -> bool:
        return cls.need is None

    @classmethod
    def mistakes(cls) -> Iterator[Mistake]:
        whole = isinstance(cls.weights, tuple) and all(is_whole(w) for w in cls.weights)
        if not whole or not cls.weights:
            yield (
                f"{cls.__name__} has weights {cls.weights!r}",
                "weights are whole numbers, one per element: `weights=(2, 1, 1)`",
            )
        elif min(cls.weights) < 0:
            yield f"{cls.__name__} has a weight below 0", "weights are whole numbers, at least 0"
        if not (cls.need is None or is_whole(cls.need) or callable(cls.need)):
            yield (
                f"{cls.__name__} needs {cls.need!r} of the weight",
                "`need=` is a number, or a function of the whole weight: "
                "`need=lambda total: total // 2 + 1`",
            )

    @classmethod
    def least(cls, total: int) -> int:
        """The least weight of a quorum if all elements together have the weight `total`."""
        return total // 2 + 1 if cls.need is None else at(cls.need, total)

    @classmethod
    def votes(cls, n: int) -> Votes:
        if len(cls.weights) != n:
            raise SizeError(
                f"{cls.__name__} has {len(cls.weights)} weights, but there are {n} "
                f"{cls.of.__name__}s"
            )
        total = sum(cls.weights)
        least = whole(cls.least(total), total)
        if not 1 <= least <= total:
            raise SizeError(f"{cls.__name__} asks for {least} of a weight of {total}")
        return Votes(least, tuple((w, i) for i, w in enumerate(cls.weights)))


class Explicit(QuorumSystem[S]):
    """The listed quorums, by the elements' indices: `quorums=[(0, 1), (1, 2), (0, 2)]`."""

    listed: ClassVar[tuple[tuple[int, ...], ...]]
    keywords = ("listed",)
    example = "quorums=[(0, 1), (1, 2)]"

    def __init_subclass__(
        cls, *, quorums: Iterable[Iterable[int]] | None = None, **kwargs: Any
    ) -> None:
        if quorums is not None:
            # One that is listed twice is one quorum.
            kwargs["listed"] = tuple(dict.fromkeys(tuple(sorted(set(q))) for q in quorums))
        super().__init_subclass__(**kwargs)

    @classmethod
    def subsets(cls, n: int) -> Iterator[tuple[int, ...]]:
        for subset in cls.listed:
            if not subset or subset[-1] >= n or subset[0] < 0:
                raise SizeError(
                    f"{cls.__name__} lists the quorum {subset}, but the {n} {cls.of.__name__}s "
                    f"are numbered 0..{n - 1}"
                )
            yield subset


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether something is a whole number, and not True or False."""
    return isinstance(value, int) and not isinstance(value, bool)


def at(number: Number, n: int) -> int:
    """A number, or the value of a function at n. Raises FunctionError if it fails."""
    if not callable(number):
        return number
    try:
        return number(n)
    except Exception as error:
        raise FunctionError(f"{error} (of {n})") from error


def whole(value: int, n: int) -> int:
    """The value of a function at n, if it is a whole number. Raises FunctionError if not."""
    if not is_whole(value):
        raise FunctionError(f"{value!r} (of {n}) is not a whole number")
    return value
