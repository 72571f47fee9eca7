"""Steps emitted as masks: the same successors, in the same order, as those emitted one by one."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from quorate.checker.explore.codegen import check, literals, masks, successors
from quorate.checker.explore.codegen import groups as grouping
from quorate.checker.explore.codegen.literals import Sums, Term, least
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.ground.columns import Column
from quorate.checker.ground.nodes import Bool, Graph, Node
from quorate.model.language import ModelError, Protocol, SizeError, Sizes
from quorate.model.language.description import describe
from quorate.model.paxos import Paxos

from ...support.bounds import SMALL, Bound, every_day
from ...support.examples import share
from ...support.searching import searching
from ...support.strategies import Source, loaded, sized, sources

NEVER = 1 << 30


def explored(protocol: type[Protocol], sizes: Sizes, few: int, set_: int) -> tuple[Any, Explorer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(successors, "FEW_MASKS", few)
        patch.setattr(masks, "SET", set_)
        search = Explorer(protocol, sizes, searching(limit=2000))
        return search.run(), search


def agree(protocol: type[Protocol], sizes: Sizes) -> str:
    """Assert that masks change nothing, in sets of any size; returns how the search ended."""
    plain, one = explored(protocol, sizes, NEVER, 64)
    for set_ in (64, 3):
        masked, other = explored(protocol, sizes, 1, set_)
        assert plain.undefined == masked.undefined
        assert masked.states == plain.states and masked.fired == plain.fired
        assert (masked.outcome, masked.depth) == (plain.outcome, plain.depth)
        if not plain.states:
            continue  # the very first states are undefined, and none is stored
        n = plain.states
        same = np.array_equal(
            one.store.states[: n * one.store.words], other.store.states[: n * one.store.words]
        )
        assert same and np.array_equal(one.store.parents[:n], other.store.parents[:n])
    return plain.outcome.value


@pytest.mark.parametrize("bound", every_day(SMALL, "Paxos-2-2-1"))
def test_bundled(bound: Bound) -> None:
    protocol, sizes, faults = bound
    agree(protocol, protocol.sized(faults, **sizes))


def checked(protocol: type[Protocol], sizes: Sizes, **most: int) -> Any:
    """What a search finds if checks of properties are bounded like this."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in most.items():
            patch.setattr(check, name, value)
        found = Explorer(protocol, sizes, searching(limit=2000)).run()
    if found.undefined is not None:
        return found.outcome, found.undefined
    return found.outcome, found.violated, found.states, found.fired, found.depth, found.reached


def agree_on_checks(protocol: type[Protocol], sizes: Sizes) -> str:
    """Assert that it does not matter how little is known of what a step can break."""
    plain = checked(protocol, sizes)
    for most in ({"MOST_CODE": -1}, {"MOST_TERMS_PUT": 0}, {"MOST_COMPARED": 1}):
        assert checked(protocol, sizes, **most) == plain
    return str(plain[0])


@pytest.mark.parametrize("bound", every_day(SMALL, "Paxos-2-2-1"))
def test_bundled_checks(bound: Bound) -> None:
    protocol, sizes, faults = bound
    agree_on_checks(protocol, protocol.sized(faults, **sizes))


@given(sources())
@share(6)
def test_generated_checks(source: Source) -> None:
    with loaded(source) as protocol:
        try:
            describe(protocol)
            event(agree_on_checks(protocol, sized(protocol, source)))
        except (ModelError, SizeError):
            event("rejected")


@given(sources())
@share(6)
def test_generated(source: Source) -> None:
    with loaded(source) as protocol:
        try:
            describe(protocol)
            event(agree(protocol, sized(protocol, source)))
        except (ModelError, SizeError):
            event("rejected")


def test_what_is_a_mask() -> None:
    """All steps of Paxos: even which value the highest vote of a quorum allows."""
    search = Explorer(Paxos, Paxos.sized(Acceptor=3, Ballot=3, Value=2))
    with search.sizes:
        possible = search.kernel.source.possible
        groups = grouping.grouped(possible)
        runs = list(successors.mask_runs(search.kernel.layout.graph, groups, True))
    ((steps, others),) = runs
    assert not others and [s.label for s in steps] == list(
        range(len(search.kernel.source.possible))
    )


def conditions() -> st.SearchStrategy[Bool]:
    """Over five cells in two words, some of whose codes never occur."""
    cells = [graph.load(column, k) for column, size in COLUMNS for k in range(column.count)]
    tests = st.builds(graph.isin, st.sampled_from(cells), st.integers(0, 63))
    return st.recursive(
        tests,
        lambda inner: st.one_of(
            st.builds(graph.not_, inner),
            st.builds(graph.and_, st.lists(inner, min_size=1, max_size=4)),
            st.builds(graph.or_, st.lists(inner, min_size=1, max_size=4)),
        ),
        max_leaves=12,
    )


def column(name: str, count: int, size: int, word: int, bit: int) -> Column:
    made = Column(name, count, size)
    made.first_word, made.first_bit = word, bit
    return made


graph = Graph()
COLUMNS = [
    (column("a", 3, 2, 0, 61), 2),
    (column("b", 1, 3, 1, 5), 3),
    (column("c", 1, 5, 1, 61), 5),
]


@given(conditions())
def test_terms_say_what_the_condition_says(p: Bool) -> None:
    found = Sums().of(p)
    if found is None:
        event("many")
        return
    event(f"{len(found)} terms")
    for codes in itertools.product(*(range(size) for c, size in COLUMNS for _ in range(c.count))):
        state, values = 0, iter(codes)
        for c, _ in COLUMNS:
            for k in range(c.count):
                word, bit = c.place(k)
                state |= next(values) << (64 * word + bit)
        held = any(state & mask == value for mask, value in found)
        assert held == holds(p, codes)


def holds(p: Bool, codes: tuple[int, ...]) -> bool:
    """The condition's value, by its definition."""
    if not isinstance(p, Node):
        return bool(p)
    if p.op == "not":
        return not holds(p.args[0], codes)
    if p.op in ("and", "or"):
        return (all if p.op == "and" else any)(holds(q, codes) for q in p.args)
    load, mask = p.args
    first = {"a": 0, "b": 3, "c": 4}[load.args[0].name]
    return bool(mask >> codes[first + load.args[1]] & 1)


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ([(3, 3), (3, 1)], [(1, 1)]),  # x y + not-x y
        ([(3, 3), (1, 0)], [(1, 0), (2, 2)]),  # x y + not-x: the test of x is not needed
        ([(3, 3), (1, 1)], [(1, 1)]),
        ([(1, 1), (1, 0)], [(0, 0)]),
        ([], []),
    ],
)
def test_sums_are_simplified(given_: list[Term], wanted: list[Term]) -> None:
    assert sorted(least(given_)) == wanted


@pytest.mark.parametrize("bits", [6, 70])
@given(random=st.randoms(use_true_random=False), count=st.integers(1, 60))
def test_many_terms_are_simplified_as_few_are(random: Random, count: int, bits: int) -> None:
    """In arrays, and one by one; few masks, so that terms are near each other."""
    masks = [random.getrandbits(bits) for _ in range(3)]
    drawn = [random.choice(masks) | 1 << random.randrange(bits) for _ in range(count)]
    terms = [(mask, mask & random.getrandbits(bits)) for mask in drawn]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(literals, "FEW", 0)
        at_once = least(terms)
        patch.setattr(literals, "FEW", count)
        assert least(terms) == at_once
    for _ in range(20):
        state = random.getrandbits(bits)
        held, holds = (any(state & m == v for m, v in some) for some in (terms, at_once))
        assert held == holds
