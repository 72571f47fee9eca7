"""A family of sets as votes: a threshold, and weighted parts that are members or votes themselves.

Every quorum system is such a family: a majority needs more than half of its members, the row of a
grid needs all of its members. Votes are monotone threshold formulas; their nesting is the
composition of systems in Naor, Wool: The Load, Capacity and Availability of Quorum Systems, 1998.
Quorums are counted, and questions about a system answered, without listing its quorums.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Votes(NamedTuple):
    """The sets that hold parts of weight at least `need` in all. Weights are at least 0."""

    need: int
    parts: tuple[tuple[int, Part], ...]


Part = int | Votes  # the index of a member, or votes


class TooMany(Exception):
    """There are more sets than were to be listed."""


def at_least(need: int, parts: Iterable[Part]) -> Votes:
    """At least `need` of the parts."""
    return Votes(need, tuple((1, part) for part in parts))


def any_of(parts: Iterable[Part]) -> Votes:
    """One of the parts."""
    return at_least(1, parts)


def all_of(parts: Iterable[Part]) -> Votes:
    """Every part."""
    found = tuple(parts)
    return at_least(len(found), found)


def members(part: Part) -> frozenset[int]:
    """The indices of the members that occur."""
    if isinstance(part, int):
        return frozenset([part])
    return frozenset().union(*(members(p) for _, p in part.parts))


def enough(part: Part, inside: frozenset[int]) -> bool:
    """Whether the set is in the family."""
    if isinstance(part, int):
        return part in inside
    return sum(w for w, p in part.parts if enough(p, inside)) >= part.need


def minimal(votes: Votes, most: int) -> list[tuple[int, ...]]:
    """The minimal sets, the smallest first, as increasing tuples of indices. Raises TooMany."""
    found = _minimal(votes, most)
    return sorted((tuple(sorted(s)) for s in found), key=lambda s: (len(s), s))


def _minimal(part: Part, most: int) -> list[frozenset[int]]:
    if isinstance(part, int):
        return [frozenset([part])]
    found: dict[frozenset[int], None] = {}
    inside = [members(p) for _, p in part.parts]
    apart = sum(map(len, inside)) == len(frozenset().union(*inside))
    weighted = sorted(part.parts, key=lambda p: -p[0])
    for chosen in _enough(part.need, weighted):
        for sets in itertools.product(*(_minimal(p, most) for p in chosen)):
            found[frozenset().union(*sets)] = None
            if len(found) > most:
                raise TooMany
    if apart:
        return list(found)
    by_size = sorted(found, key=len)  # if parts share members, not all sets are minimal
    kept: list[frozenset[int]] = []
    for s in by_size:
        if not any(k <= s for k in kept):
            kept.append(s)
    return kept


def _enough(need: int, parts: list[tuple[int, Part]]) -> Iterator[tuple[Part, ...]]:
    """The minimal choices of parts of weight `need` in all; the parts come by falling weight.

    A choice ends with its lightest part, without which its weight would be too small.
    """
    if need <= 0:
        yield ()
        return
    remaining = sum(w for w, _ in parts)
    for i, (weight, part) in enumerate(parts):
        if remaining < need:
            return
        for rest in _enough(need - weight, parts[i + 1 :]):
            yield (part, *rest)
        remaining -= weight
