"""Quorum systems with a structure: grids, trees, hierarchies, configurations, predicates."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, ClassVar

from quorate.model.language.diagnostics import SizeError

from .data import Set
from .quorums import ByVotes, Mistake, Number, QuorumSystem, S, at, is_whole, whole
from .sorts import Sizes
from .votes import Part, Votes, all_of, any_of, at_least

MOST_TRIED = 16  # at most so many elements: all their subsets are tried

HOLDS = ("row", "column", "row and column", "one of each row", "one of each column")


class Grid(ByVotes[S]):
    """Elements in rows of `columns`, a number or a function of the number of elements.

    `holds` says what is in a quorum: a "row", a "column", a "row and column" (Maekawa: A √N
    Algorithm for Mutual Exclusion, 1985: any two intersect), "one of each row", or "one of each
    column" (the read quorums of Cheung, Ammar, Ahamad: The Grid Protocol, 1990).
    """

    columns: ClassVar[Number]
    holds: ClassVar[str]
    keywords = ("columns", "holds")
    example = 'columns=3, holds="row"'

    @classmethod
    def meets_itself(cls) -> bool:
        return getattr(cls, "holds", None) == "row and column"

    @classmethod
    def mistakes(cls) -> Iterator[Mistake]:
        if cls.holds not in HOLDS:
            listed = ", ".join(f'"{h}"' for h in HOLDS)
            yield f"{cls.__name__} holds {cls.holds!r}", f"`holds=` is one of {listed}"
        if not callable(cls.columns) and not (is_whole(cls.columns) and cls.columns >= 1):
            yield (
                f"{cls.__name__} has {cls.columns!r} columns",
                "`columns=` is a number from 1 up, or a function of how many elements there are: "
                "`columns=math.isqrt`",
            )

    @classmethod
    def votes(cls, n: int) -> Votes:
        width = whole(at(cls.columns, n), n)
        if width < 1 or n % width:
            raise SizeError(
                f"{cls.__name__} puts elements in rows of {width}: {n} {cls.of.__name__}s "
                "make no whole rows"
            )
        rows = [range(i, i + width) for i in range(0, n, width)]
        columns = [range(i, n, width) for i in range(width)]
        match cls.holds:
            case "row":
                return any_of(map(all_of, rows))
            case "column":
                return any_of(map(all_of, columns))
            case "one of each row":
                return all_of(map(any_of, rows))
            case "one of each column":
                return all_of(map(any_of, columns))
        return all_of([any_of(map(all_of, rows)), any_of(map(all_of, columns))])


class Tree(ByVotes[S]):
    """Elements in a tree: a quorum is a root and a quorum below one child, or one below each.

    Agrawal, El Abbadi: An Efficient and Fault-Tolerant Solution for Distributed Mutual Exclusion,
    1991. Element 0 is the root; the children of i are `degree`·i + 1 and the next ones. If
    the tree is full, all leaves are equally deep. Any two quorums intersect.
    """

    degree: ClassVar[int] = 2
    optional = ("degree",)
    example = "degree=2"

    @classmethod
    def mistakes(cls) -> Iterator[Mistake]:
        if not (is_whole(cls.degree) and cls.degree >= 2):
            yield f"{cls.__name__} has a tree of degree {cls.degree!r}", "write `degree=2`, or more"

    @classmethod
    def votes(cls, n: int) -> Votes:
        return at_least(1, [cls._below(0, n)])

    @classmethod
    def _below(cls, root: int, n: int) -> Part:
        first = cls.degree * root + 1
        children = range(first, min(first + cls.degree, n))
        if not children:
            return root
        # The root has the weight of all children but one: with it one child is enough.
        below = tuple((1, cls._below(child, n)) for child in children)
        return Votes(len(below), ((len(below) - 1, root), *below))


class Hierarchical(ByVotes[S]):
    """Groups of groups of elements: a quorum has quorums in `need` of the groups of each level.

    `branching` is the number of groups in a group: one number, for any height, or one for each
    level from the top. `need` is given likewise; by default it is a majority, and any two quorums
    intersect. Kumar: Hierarchical Quorum Consensus, 1991.
    """

    branching: ClassVar[int | tuple[int, ...]]
    need: ClassVar[int | tuple[int, ...] | None] = None
    keywords = ("branching",)
    optional = ("need",)
    example = "branching=3"

    @classmethod
    def meets_itself(cls) -> bool:
        return cls.need is None

    @classmethod
    def mistakes(cls) -> Iterator[Mistake]:
        b, need = cls.branching, cls.need
        groups = (b,) if is_whole(b) else b if isinstance(b, tuple) else ()
        if not groups or not all(is_whole(x) and x >= 2 for x in groups):
            yield (
                f"{cls.__name__} has groups of {b!r}",
                "`branching=` is a number from 2 up, or one for each level: `branching=(3, 5)`",
            )
            return
        if need is None:
            return
        needs = (need,) if is_whole(need) else need if isinstance(need, tuple) else ()
        right = len(needs) == len(groups) and all(
            is_whole(k) and 1 <= k <= x for k, x in zip(needs, groups, strict=True)
        )
        if not right or is_whole(need) != is_whole(b):
            yield (
                f"{cls.__name__} needs {need!r} of groups of {b!r}",
                "`need=` has a number for each of `branching=`, from 1 up to that",
            )

    @classmethod
    def levels(cls, n: int) -> list[tuple[int, int]]:
        """For each level from the top: the number of groups, and how many of them are needed."""
        branching, need = cls.branching, cls.need
        if isinstance(branching, int):
            height, elements = 0, 1
            while elements < n:
                height, elements = height + 1, elements * branching
            groups = (branching,) * height
        else:
            groups, elements = branching, functools.reduce(lambda a, b: a * b, branching)
        if elements != n:
            raise SizeError(
                f"{cls.__name__} has groups of {branching}: {n} {cls.of.__name__}s do not fill them"
            )
        if need is None:
            return [(k, k // 2 + 1) for k in groups]
        needs = (need,) * len(groups) if isinstance(need, int) else need
        return list(zip(groups, needs, strict=True))

    @classmethod
    def votes(cls, n: int) -> Votes:
        parts: list[Part] = list(range(n))
        for groups, need in reversed(cls.levels(n)):
            parts = [at_least(need, parts[i : i + groups]) for i in range(0, len(parts), groups)]
        return at_least(1, parts)


class Configuration(ByVotes[S]):
    """A majority of the `members`, given by index: one configuration of a cluster."""

    members: ClassVar[tuple[int, ...]]
    keywords = ("members",)
    example = "members=(0, 1, 2)"

    @classmethod
    def mistakes(cls) -> Iterator[Mistake]:
        found = cls.members if isinstance(cls.members, tuple) else ()
        right = all(is_whole(i) and i >= 0 for i in found) and len(set(found)) == len(found)
        if not found or not right:
            yield (
                f"{cls.__name__} has the members {cls.members!r}",
                "`members=` are different numbers of elements, from 0 up: `members=(0, 1, 2)`",
            )

    @classmethod
    def votes(cls, n: int) -> Votes:
        if max(cls.members) >= n:
            raise SizeError(
                f"{cls.__name__} has the member {max(cls.members)}, but the {n} "
                f"{cls.of.__name__}s are numbered 0..{n - 1}"
            )
        return at_least(len(cls.members) // 2 + 1, cls.members)


class Joint(ByVotes[S]):
    """A quorum of each of several systems, as while a cluster changes from one to the other.

    Ongaro, Ousterhout: In Search of an Understandable Consensus Algorithm, 2014, §6: separate
    majorities from both the old and the new configuration.
    """

    configurations: ClassVar[tuple[type[QuorumSystem[Any]], ...]]
    keywords = ("configurations",)
    example = "configurations=(Old, New)"

    @classmethod
    def mistakes(cls) -> Iterator[Mistake]:
        found = cls.configurations
        if (
            not isinstance(found, tuple)
            or not found
            or not all(isinstance(c, type) and issubclass(c, QuorumSystem) for c in found)
        ):
            yield (
                f"{cls.__name__} joins {found!r}",
                "`configurations=` are quorum systems: `configurations=(Old, New)`",
            )
            return
        for c in found:
            if getattr(c, "of", None) is not cls.of:
                yield f"{cls.__name__} joins {c.__name__}, whose members are of another sort", ""

    @classmethod
    def votes(cls, n: int) -> Votes:
        return all_of([c.votes(n) for c in cls.configurations])


class Predicate(QuorumSystem[S]):
    """The sets that `is_quorum` accepts: a function in the modelling language.

    It may mention all elements of its sort, some of them by name, and their number:

        def is_quorum(self, q: Set[Acceptor]) -> bool:
            return 3 * len(q) > 2 * len(Acceptor)
    """

    def is_quorum(self, q: Set[Any]) -> bool:
        """Whether this set of elements is a quorum."""
        raise NotImplementedError

    @classmethod
    def subsets(cls, n: int) -> Iterator[tuple[int, ...]]:
        return iter(_accepted(cls, n))


@functools.lru_cache(maxsize=64)
def _accepted(cls: Any, n: int) -> tuple[tuple[int, ...], ...]:
    """The minimal sets that a predicate accepts. Sets are bit masks here, a bit for each member."""
    if n > MOST_TRIED:
        raise SizeError(
            f"{cls.__name__} tries every set of {cls.of.__name__}s: it can do so for at most "
            f"{MOST_TRIED}, not {n}"
        )
    elements = tuple(cls.of(i) for i in range(n))
    holds = bytearray(1 << n)
    found = []
    with Sizes({cls.of: elements}, {cls.of.__name__: n}, {}):
        for s in sorted(range(1 << n), key=int.bit_count):
            inside = [i for i in range(n) if s >> i & 1]
            if any(holds[s ^ 1 << i] for i in inside):
                holds[s] = True
            elif cls.is_quorum(cls(()), frozenset(elements[i] for i in inside)):
                holds[s] = True
                found.append(tuple(inside))
    return tuple(sorted(found, key=lambda q: (len(q), q)))
