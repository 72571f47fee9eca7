"""A search that ends early has the same counts in the kernel and in plain Python.

At the first violation, in an initial state or after it, at a limit, with all invariants or some.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
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

from ...support.comparing.searches import is_undefined, of_a_local
from ...support.examples import share
from ...support.searching import explorer, searching
from ...support.strategies import Source, generate, loaded, sized, sources
from . import toys

MOST = 400  # states
ENDINGS = {
    Outcome.HOLDS,
    Outcome.WITHIN,
    Outcome.VIOLATED,
    Outcome.UNDEFINED,
    Outcome.LIMIT,
}
COMPARED = (
    "outcome",
    "states",
    "transitions",
    "depth",
    "violated",
    "undefined",
    "initial",
    "path",
    "fired",
    "reached",
    "waiting",
    "outside",
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
            only = frozenset(filter(keep, protocol.methods("invariant")))
            found = explore(protocol, sizes, searching(limit=limit), invariants=only)
            plain = explore_reference(protocol, sizes, limit, only)
            if found.undefined is not None and not is_undefined(protocol, sizes, found):
                return "stricter than Python"
            if plain.undefined is not None and of_a_local(str(plain.undefined)):
                return "lazy local"
            same(protocol, sizes, limit, only)
        except (ModelError, SizeError, StepError):
            return "rejected"
    assert found.outcome in ENDINGS
    start = "at once" if found.violated and not found.path else ""
    return " ".join((found.outcome.value, start)).strip()


@given(sources(), st.integers(1, MOST), st.randoms())
@share(4)
def test_generated_protocols(source: Source, limit: int, random: Random) -> None:
    event(agree(source, limit, lambda _: random.random() < 0.7))


@pytest.mark.exhaustive
def test_all_endings_occur() -> None:
    wanted, fates = {"holds", "violated at once", "limit reached", "undefined"}, Counter[str]()
    for seed in range(48):  # as many as it takes
        if wanted <= fates.keys():
            break
        fates.update(agree(generate(Random(seed)), limit, lambda _: True) for limit in (3, MOST))
    # A violation after some steps is rare here: `Bounded` has one, below.
    assert wanted <= fates.keys(), fates


def test_a_violation_counts_every_step_of_the_state_it_is_a_step_from() -> None:
    found = same(toys.Bounded, toys.Bounded.sized(Step=9))
    assert (found.states, found.transitions, found.waiting) == (5, 4, 1)


STEPS = {
    "breaks": """
    @action
    def breaks(self, p: Node) -> None:
        require(self.at[p] == 1)
        self.good = False
""",
    "exceeds": """
    @action
    def exceeds(self, p: Node) -> None:
        require(self.at[p] == 1)
        self.at[p] = self.at[p] + 5
""",
    "goes": """
    @action
    def goes(self, p: Node) -> None:
        require(self.at[p] == 0)
        self.at[p] = 1
""",
}
BOTH = """
from quorate.model.language import *

class Node(Sort): ...
class Count(Nat): ...

class Proto(Protocol):
    at: Map[Node, Count] = durable(0)
    good: bool = durable(True)

    @invariant
    def stays_good(self) -> bool:
        return self.good
"""


@pytest.mark.parametrize("order", [*itertools.permutations(STEPS)], ids="-".join)
def test_one_state_has_an_undefined_step_and_one_that_violates(
    order: tuple[str, ...], tmp_path: Path
) -> None:
    """The first of them, in the order of the actions, ends the search."""
    source = Source(BOTH + "".join(STEPS[name] for name in order), {}, {})
    with loaded(source) as protocol:
        sizes = protocol.sized(Node=2, Count=2)
        found = same(protocol, sizes)
        violated = order.index("breaks") < order.index("exceeds")
        assert found.outcome is (Outcome.VIOLATED if violated else Outcome.UNDEFINED)
        assert (found.depth, len(found.path)) == (2, 1 + violated)
        threads = explorer(protocol, sizes, threads=3).run()
        assert replace(threads, seconds=0, guards=()) == replace(found, seconds=0, guards=())
        for options in ({"memory": 1, "spill": tmp_path}, {"symmetry": True}, {"por": True}):
            other = explorer(protocol, sizes, **options).run()
            assert other.outcome in (Outcome.VIOLATED, Outcome.UNDEFINED), options
            assert other.depth == found.depth, options


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
