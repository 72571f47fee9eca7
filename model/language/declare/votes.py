"""A family of sets as votes: weighted parts, members or again votes, of which enough are needed.

Every family of quorums is one: a majority needs half of its members and one more, a grid's row
needs all of its members. What is counted or asked of a system is computed from its votes, without
a list of its quorums. (Monotone threshold formulas: Naor, Wool: The Load, Capacity and
Availability of Quorum Systems, 1998, call a composition of systems what is nested here.)
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Votes(NamedTuple):
    """The sets in which parts of together at least `need` weight are; weights are 0 or more."""

    need: int
    parts: tuple[tuple[int, Part], ...]


Part = int | Votes  # the number of a member, or votes


class TooMany(Exception):
    """More sets than a list may have."""


def at_least(need: int, parts: Iterable[Part]) -> Votes:
    """So many of the parts."""
    return Votes(need, tuple((1, part) for part in parts))


def any_of(parts: Iterable[Part]) -> Votes:
    """One of the parts."""
    return at_least(1, parts)


def all_of(parts: Iterable[Part]) -> Votes:
    """Every part."""
    found = tuple(parts)
    return at_least(len(found), found)


def members(part: Part) -> frozenset[int]:
    """The numbers of the members that are spoken of."""
    if isinstance(part, int):
        return frozenset([part])
    return frozenset().union(*(members(p) for _, p in part.parts))


def enough(part: Part, inside: frozenset[int]) -> bool:
    """Whether a set is one of the family."""
    if isinstance(part, int):
        return part in inside
    return sum(w for w, p in part.parts if enough(p, inside)) >= part.need


def minimal(votes: Votes, most: int) -> list[tuple[int, ...]]:
    """The minimal sets, small ones first, as increasing tuples. Raises TooMany."""
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
    by_size = sorted(found, key=len)  # parts that share members make sets that are not minimal
    kept: list[frozenset[int]] = []
    for s in by_size:
        if not any(k <= s for k in kept):
            kept.append(s)
    return kept


def _enough(need: int, parts: list[tuple[int, Part]]) -> Iterator[tuple[Part, ...]]:
    """The minimal choices of parts, which come by falling weight.

    The last one chosen is the lightest, and without it there was too little.
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
