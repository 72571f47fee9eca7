"""A search that ends early has the same counts in the kernel and in plain Python.

At the first violation, in an initial state or after it, at a limit, with all invariants or some.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from quorate.checker.explore.claims import UnknownPropertyError
from quorate.checker.explore.search.breadth_first import explore
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.results import Exploration, Outcome
from quorate.model.language import ModelError, Protocol, SizeError, Sizes, StepError
from quorate.model.language.description import describe

from ...support.examples import share
from ...support.oracle import consult
from ...support.searching import searching
from ...support.strategies import Source, generate, loaded, sized, sources
from . import toys

MOST = 400  # states
ENDINGS = {Outcome.HOLDS, Outcome.VIOLATED, Outcome.LIMIT}
COMPARED = (
    "outcome",
    "states",
    "transitions",
    "depth",
    "violated",
    "initial",
    "path",
    "fired",
    "reached",
    "waiting",
)


pytestmark = pytest.mark.usefixtures("own_cache")


def same(
    protocol: type[Protocol], sizes: Sizes, limit: int = MOST, only: frozenset[str] | None = None
) -> Exploration:
    """Assert that both engines count alike; returns what the kernel found."""
    found = explore(protocol, sizes, searching(limit=limit), invariants=only)
    plain = explore_reference(protocol, sizes, limit, only, coverage=True)
    assert {name: getattr(found, name) for name in COMPARED} == {
        name: getattr(plain, name) for name in COMPARED
    }
    assert found.guards == plain.guards
    return found


def agree(source: Source, limit: int, keep: Callable[[str], bool]) -> str:
    """What came of a generated protocol."""
    with loaded(source) as protocol:
        try:
            describe(protocol)
            sizes = sized(protocol, source)
            # What is undefined is compared elsewhere: how a search meets it is its own.
            if consult(protocol, sizes, MOST).first("undefined") is not None:
                return "undefined"
            only = frozenset(filter(keep, protocol.methods("invariant")))
            found = same(protocol, sizes, limit, only)
        except (ModelError, SizeError, StepError):
            return "rejected"
    assert found.outcome in ENDINGS
    start = "at once" if found.violated and not found.path else ""
    return " ".join((found.outcome.value, start)).strip()


@given(sources(), st.integers(1, MOST), st.randoms())
@share(2)
def test_generated_protocols(source: Source, limit: int, random: Random) -> None:
    event(agree(source, limit, lambda _: random.random() < 0.7))


def test_all_endings_occur() -> None:
    fates = Counter(
        agree(generate(Random(seed)), limit, lambda _: True)
        for seed in range(24)
        for limit in (3, MOST)
    )
    # A violation after some steps is rare here: `Bounded` has one, below.
    assert {"holds", "violated at once", "limit reached"} <= fates.keys(), fates


def test_a_violation_counts_every_step_of_the_state_it_is_a_step_from() -> None:
    found = same(toys.Bounded, toys.Bounded.sized(Step=9))
    assert (found.states, found.transitions, found.waiting) == (5, 4, 1)


def test_of_several_initial_states_one_is_bad() -> None:
    found = same(toys.BadStart, toys.BadStart.sized(Node=3))
    assert (found.states, found.transitions, found.depth, found.waiting) == (3, 0, 0, 3)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 7])
def test_limits_among_the_initial_states_and_beyond(limit: int) -> None:
    found = same(toys.Starts, toys.Starts.sized(Node=3), limit)
    ended = Outcome.LIMIT if limit <= 6 else Outcome.HOLDS
    assert (found.outcome, found.states) == (ended, min(6, max(3, limit)))


def test_the_reference_knows_its_invariants() -> None:
    sizes = toys.Bounded.sized(Step=5)
    assert same(toys.Bounded, sizes, only=frozenset({"small"})).outcome is Outcome.HOLDS
    with pytest.raises(UnknownPropertyError, match="no invariant `tiny`; it has below_four, small"):
        explore_reference(toys.Bounded, sizes, only={"tiny"})
