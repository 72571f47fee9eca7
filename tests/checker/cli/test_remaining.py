"""How long a search may still take: never less than it does, where levels shrink as they should."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

import quorate
from quorate.checker.cli.remaining import Remaining
from quorate.checker.explore.search.interface import Progress


def progress(levels: list[int], depth: int, found: int) -> Progress:
    """As the search tells it while it finds level `depth`, of which so many states are found.

    The states of a level are expanded while those of the next are found.
    """
    states = sum(levels[:depth]) + found
    expanded = sum(levels[: depth - 1]) + levels[depth - 1] * found // levels[depth]
    return Progress(states, states - expanded, depth, float(states), nearer=sum(levels[:depth]))


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=6),
    st.lists(st.integers(1, 9), min_size=3, max_size=8),
)
def test_it_is_at_most_that(up: list[int], down: list[int]) -> None:
    """Of levels that shrink by a factor that never grows: how many states are left is no more."""
    levels, size = [1], 1
    for factor in up:
        size *= factor
        levels.append(size)
    for factor in sorted(down):
        size //= factor + 1
        levels.append(size)
    levels = [n for n in levels if n]
    shrinking = [n for n, (a, b) in enumerate(pairwise(levels)) if b < a]
    remaining = Remaining()
    for depth in range(1, len(levels)):
        remaining.states(progress(levels, depth, 1))
        p = progress(levels, depth, levels[depth])
        left = remaining.states(p)
        if left is None:
            assert depth - 2 not in shrinking
            continue
        assert depth - 2 in shrinking
        exact = all(a * c <= b * b for a, b, c in zip(levels, levels[1:], levels[2:], strict=False))
        if exact:
            assert left >= sum(levels) - (p.states - p.waiting)


def test_nothing_is_said_of_levels_that_grow() -> None:
    remaining, levels = Remaining(), [1, 10, 100, 1000, 10_000]
    for depth in range(1, 5):
        line = remaining.line(progress(levels, depth, 1))
        assert line.endswith("; end not in sight")


def test_the_line_says_what_it_assumes() -> None:
    remaining, levels = Remaining(), [1, 100, 1000, 100, 10]
    for depth in (1, 2, 3):
        remaining.line(progress(levels, depth, 1))
    line = remaining.line(progress(levels, 4, 10))
    assert line.endswith(" more if levels go on shrinking") and "; at most " in line


def test_levels_that_were_passed_unseen_say_nothing() -> None:
    remaining, levels = Remaining(), [1, 100, 1000, 100, 10]
    remaining.states(progress(levels, 1, 1))
    remaining.states(progress(levels, 2, 1))
    assert remaining.states(progress(levels, 4, 1)) is None


def test_a_search_that_does_not_count_levels_says_nothing_of_them() -> None:
    assert Remaining().line(Progress(10, 5, 3, 1.0)).endswith("1.00 s")


def test_of_real_levels_it_is_at_most_that() -> None:
    sizes = {"Acceptor": 3, "Ballot": 2, "Value": 2}
    graph = quorate.check("Paxos", sizes=sizes).graph().to_networkx()
    distance = nx.single_source_shortest_path_length(graph, 0)
    levels = list(Counter(distance.values()).values())
    remaining, said = Remaining(), 0
    for depth in range(1, len(levels)):
        for found in (1, levels[depth] // 2, levels[depth]):
            p = progress(levels, depth, max(1, found))
            if (left := remaining.states(p)) is not None:
                said += 1
                assert left >= sum(levels) - (p.states - p.waiting)
    assert said > 3
