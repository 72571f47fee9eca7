"""Availability against the obvious: every set of members that are up, one by one."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.prove.quorums.availability import availability, load
from quorate.model import quorums as library
from quorate.model.language import Explicit, Grid, Majority, Sort, Tree, Weighted
from quorate.model.language.declare.quorums import ByVotes
from quorate.model.language.declare.votes import Part, Votes, enough, members, minimal


class Acceptor(Sort): ...


class Most(Majority[Acceptor]): ...


class Square(Grid[Acceptor], columns=math.isqrt, holds="row and column"): ...


class Binary(Tree[Acceptor]): ...


class Pair(Explicit[Acceptor], quorums=[(0, 1)]): ...


class Heavy(Weighted[Acceptor], weights=(3, 1, 1)): ...


SYSTEMS = [
    s
    for s in vars(library).values()
    if isinstance(s, type) and s.__module__ == library.__name__ and hasattr(s, "meets")
]


def counted(subsets: list[tuple[int, ...]], n: int) -> list[int]:
    """How many sets of each size contain one of the subsets."""
    found = [0] * (n + 1)
    for k in range(n + 1):
        for up in itertools.combinations(range(n), k):
            found[k] += any(set(q) <= set(up) for q in subsets)
    return found


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.__name__)
def test_the_library(system: Any) -> None:
    found = availability(system, 9)
    subsets = list(system.subsets(9))
    assert found is not None and list(found.up) == counted(subsets, 9)
    assert found.smallest == min(map(len, subsets))
    without = [
        f
        for f in range(10)
        if all(
            any(not set(q) & set(down) for q in subsets)
            for down in itertools.combinations(range(9), f)
        )
    ]
    assert found.resilience == max(without)
    down = Fraction(1, 10)
    brute = sum(
        down ** (9 - len(up)) * (1 - down) ** len(up)
        for k in range(10)
        for up in itertools.combinations(range(9), k)
        if any(set(q) <= set(up) for q in subsets)
    )
    assert found.probability(down) == brute


def random_votes(r: Random, numbers: list[int], depth: int) -> Part:
    """Votes whose parts may share members."""
    if depth == 0 or len(numbers) == 1:
        return r.choice(numbers)
    parts = []
    for _ in range(r.randint(1, 4)):
        some = r.sample(numbers, r.randint(1, len(numbers)))
        parts.append((r.randint(0, 3), random_votes(r, some, depth - 1)))
    return Votes(r.randint(1, max(1, sum(w for w, _ in parts))), tuple(parts))


@given(st.integers(0, 10**9), st.integers(1, 7), st.integers(0, 3))
def test_votes_are_what_they_count_and_list(seed: int, n: int, depth: int) -> None:
    votes = random_votes(Random(seed), list(range(n)), depth)

    class Random_(ByVotes[Acceptor]):
        @classmethod
        def votes(cls, size: int) -> Votes:
            return Votes(1, ((1, votes),))

    sets = [frozenset(up) for k in range(n + 1) for up in itertools.combinations(range(n), k)]
    family = [s for s in sets if enough(votes, s)]
    least = [s for s in family if not any(t < s for t in family)]
    assert {frozenset(s) for s in minimal(Random_.votes(n), 10_000)} == set(least)
    assert members(votes) <= set(range(n))
    found = availability(Random_, n)
    assert found is not None
    assert list(found.up) == [sum(len(s) == k for s in family) for k in range(n + 1)]


def test_figures_from_the_literature() -> None:
    majority = availability(Most, 5)
    assert majority is not None
    # A majority of five, each down one time in ten: 1 - 0.00856.
    assert majority.probability(Fraction("0.1")) == Fraction("0.99144")
    assert (majority.smallest, majority.resilience, majority.load) == (3, 2, Fraction(3, 5))
    square = availability(Square, 16)  # Maekawa: 2·√n - 1 members
    assert square is not None and (square.smallest, square.load) == (7, Fraction(7, 16))
    tree = availability(Binary, 15)  # Naor, Wool: 2 / (height + 2), with leaves at height 3
    assert tree is not None and (tree.smallest, tree.load) == (4, Fraction(2, 5))


def test_members_that_are_in_no_quorum_change_nothing() -> None:
    two, five = availability(Pair, 2), availability(Pair, 5)
    assert two is not None and five is not None
    assert two.probability(Fraction("0.3")) == five.probability(Fraction("0.3"))
    assert (two.resilience, five.resilience) == (0, 0)


@pytest.mark.exhaustive
def test_large_systems() -> None:
    found = availability(Most, 63)
    assert found is not None and (found.smallest, found.resilience) == (32, 31)
    assert found.load == Fraction(32, 63)
    tree = availability(Binary, 63)
    assert tree is not None and tree.smallest == 6 and tree.load is None
    assert availability(Square, 36) is None  # rows and columns share members: too many sets


def test_the_load_is_that_of_the_best_strategy() -> None:
    # {a0,a1}, {a0,a2}, or a0 alone: a0 weighs most and is in every quorum.
    assert load(Heavy, 3) == 1


def test_the_load_has_its_bounds() -> None:
    for system in SYSTEMS:
        smallest, found = min(map(len, system.subsets(9))), load(system, 9)
        assert found is not None
        # Naor, Wool, Prop. 3.3: no less than c/n and, where any two meet, than 1/c.
        assert found >= Fraction(smallest, 9)
        assert found >= Fraction(1, smallest) or system not in system.meets
