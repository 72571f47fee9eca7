"""Constraints of a search: states outside are checked, and no step is taken from them."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

import quorate
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.options import BreadthFirst, InMemory
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.prove.bounded import BoundedOutcome, bounded, inductive
from quorate.checker.results import Outcome
from quorate.errors import QuorateError
from quorate.model.language import (
    Map,
    Nat,
    Protocol,
    Sizes,
    Sort,
    StepError,
    action,
    constraint,
    durable,
    eventually,
    invariant,
    require,
)

from ...support.comparing.modules import reference, spec_of
from ...support.comparing.searches import same_verdict
from ...support.strategies import loaded, sized
from ...support.strategies.protocols import generate_constrained


class Proc(Sort): ...


class Count(Nat): ...


class Walk(Protocol):
    """Everybody counts up and down; the search goes no further than two."""

    n: Map[Proc, Count] = durable(0)

    @action
    def up(self, p: Proc) -> None:
        require(any(self.n[p] < t for t in Count))
        self.n[p] = self.n[p] + 1

    @action
    def down(self, p: Proc) -> None:
        require(self.n[p] != 0)
        self.n[p] = self.n[p] - 1

    @constraint
    def small(self) -> bool:
        return all(self.n[p] <= 2 for p in Proc)

    @invariant
    def below_four(self) -> bool:
        return all(self.n[p] <= 3 for p in Proc)


class Checked(Walk):
    """Three is outside, and still looked at."""

    @invariant
    def below_three(self) -> bool:
        return all(self.n[p] <= 2 for p in Proc)


class Fenced(Walk):
    """Two is only reached from outside."""

    @constraint
    def small(self) -> bool:
        return all(self.n[p] == 0 for p in Proc)

    @invariant
    def below_four(self) -> bool:
        return all(self.n[p] <= 1 for p in Proc)


class Somewhere(Walk):
    @eventually
    def counts(self) -> bool:
        return any(self.n[p] == 1 for p in Proc)


class Unclear(Walk):
    @constraint
    def small(self) -> bool:
        return all(self.n[p] // (2 - self.n[p]) <= 9 for p in Proc)


SIZES = {"Proc": 2, "Count": 5}
WAYS: dict[str, dict[str, Any]] = {
    "memory": {},
    "threads": {"search": quorate.BreadthFirst(threads=2)},
    "symmetry": {"symmetry": True},
    "por": {"search": quorate.BreadthFirst(por=True)},
    "both": {"search": quorate.BreadthFirst(por=True), "symmetry": True},
    "reference": {"search": quorate.Reference()},
    "depth-first": {"search": quorate.DepthFirst()},
    "best-first": {"search": quorate.BestFirst()},
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_claimed_beyond(way: str) -> None:
    result = quorate.check(Walk, sizes=SIZES, **WAYS[way])
    found = result.exploration
    assert not result.holds and found.outcome is Outcome.WITHIN
    symmetric = "symmetry" in WAYS[way]
    assert (found.states, found.outside) == ((9, 3) if symmetric else (15, 6))
    assert f"from {found.outside} {'orbits' if symmetric else 'states'} outside" in repr(result)


@pytest.mark.parametrize("way", WAYS)
def test_states_outside_are_checked(way: str) -> None:
    found = quorate.check(Checked, sizes=SIZES, **WAYS[way]).exploration
    assert (found.violated, len(found.path)) == ("below_three", 3)


@pytest.mark.parametrize("way", WAYS)
def test_where_nothing_is_outside_all_is_checked(way: str) -> None:
    result = quorate.check(Walk, sizes={"Proc": 2, "Count": 2}, **WAYS[way])
    assert result.holds and result.exploration.outside == 0


def test_outside_is_no_deadlock() -> None:
    for search in (quorate.BreadthFirst(), quorate.BreadthFirst(por=True), quorate.Reference()):
        result = quorate.check(Walk, sizes=SIZES, search=search, deadlock=True)
        assert result.exploration.outcome is Outcome.WITHIN


def test_on_disk(tmp_path: Path) -> None:
    storage = quorate.Spill(memory=1 << 15, folder=tmp_path)
    sizes = {"Proc": 6, "Count": 5}
    result = quorate.check(Walk, sizes=sizes, search=quorate.BreadthFirst(storage=storage))
    # Within are 3 ** 6; one step further, one of the six counts 3.
    assert (result.states, result.exploration.outside) == (3**6 + 6 * 3**5, 6 * 3**5)
    assert result.exploration.spilled is not None


def test_properties_of_runs_are_left_open() -> None:
    result = quorate.check(Somewhere, sizes=SIZES)
    assert not result.holds and "not checked: counts: the search is not complete" in repr(result)
    whole = quorate.check(Somewhere, sizes={"Proc": 1, "Count": 2})
    assert whole.violation is not None  # nothing need happen at all: no action is fair


def test_proofs_are_of_all_states() -> None:
    sizes = Walk.sized({}, **SIZES)
    # From 3, which is outside, a step leads to 4.
    assert "up" in {o.action for o in inductive(Walk, sizes).obligations if o.counterexample}
    assert bounded(Walk, sizes, 5).outcome is BoundedOutcome.NONE_WITHIN
    found = bounded(Checked, sizes, 3)
    assert (found.outcome, found.violated) == (BoundedOutcome.VIOLATED, "below_three")


def test_a_proof_assumes_no_constraint_and_says_so() -> None:
    assert not quorate.check(Fenced, sizes=SIZES).exploration.violated
    proof = quorate.prove(Fenced, effort=0.1)
    assert proof.violation is not None and proof.trace is not None  # a run beyond the constraint
    induction = quorate.check(Fenced, sizes=SIZES, search=quorate.KInduction(most=1))
    assert not induction.holds and induction.violation is None
    said = "the constraint small bounds searches; a proof is of the protocol without it"
    assert said in repr(proof) and said in repr(induction)


def test_a_constraint_that_makes_no_sense_is_a_mistake() -> None:
    for search in (quorate.BreadthFirst(), quorate.Reference()):
        found = quorate.check(Unclear, sizes=SIZES, search=search).exploration
        assert found.undefined is not None and len(found.path) == 2
        assert (found.undefined.kind, found.undefined.name) == ("constraint", "small")
    found = quorate.check(
        Unclear, sizes=SIZES, search=quorate.BoundedModelChecking(steps=3)
    ).exploration
    assert found.undefined is not None and found.undefined.kind == "constraint"


def test_the_module_says_so() -> None:
    text = spec_of(Walk, Walk.sized({}, **SIZES))
    assert text.constraints == ["small"]
    assert sum(text.explore()[0]) == 15


# ---------------------------------------------------------------- generated protocols


def compare(protocol: type[Protocol], sizes: Sizes) -> Outcome | None:
    """Check that every search agrees with the reference; None if it takes too long."""
    plain = explore_reference(protocol, sizes, limit=300)
    if plain.outcome is Outcome.LIMIT:
        return None
    for threads, symmetry, por in ((1, False, False), (1, True, False), (1, False, True)):
        search = BreadthFirst(threads=threads, storage=InMemory(), por=por)
        found = Explorer(protocol, sizes, search, symmetry=symmetry).run(coverage=False)
        if not same_verdict(protocol, sizes, plain, found):
            continue
        if found.initial is not None and plain.initial is not None:
            assert found.depth == plain.depth, (symmetry, por)
        if plain.initial is None and found.initial is None:
            assert bool(found.outside) == bool(plain.outside)
            if not (symmetry or por):
                assert (found.states, found.transitions) == (plain.states, plain.transitions)
                assert (found.outside, found.fired) == (plain.outside, plain.fired)
            if symmetry:
                assert found.full_states == plain.states
    return plain.outcome


def compare_module(protocol: type[Protocol], sizes: Sizes) -> None:
    try:
        expected = reference(protocol, sizes, 100)
        found = None if expected is None else spec_of(protocol, sizes).explore(300)
    except (StepError, QuorateError):
        return
    assert found == expected


def compare_runs(protocol: type[Protocol], sizes: Sizes) -> None:
    """Bounded model checking finds what the reference finds within so many steps."""
    plain, found = explore_reference(protocol, sizes, limit=300), bounded(protocol, sizes, 3)
    if plain.outcome in (Outcome.WITHIN, Outcome.HOLDS):
        assert found.outcome in (BoundedOutcome.NONE_WITHIN, BoundedOutcome.UNDEFINED)
    elif plain.outcome is Outcome.VIOLATED and plain.depth <= 3:
        assert found.depth == plain.depth or found.outcome is BoundedOutcome.UNDEFINED


def compared(seed: int, *ways: Any) -> set[Outcome | None]:
    source = generate_constrained(Random(seed))
    with loaded(source) as protocol:
        try:
            sizes = sized(protocol, source)
            found = {compare(protocol, sizes)}
        except QuorateError:
            return set()
        for way in ways:
            way(protocol, sizes)
        return found


def test_generated_protocols() -> None:
    found: set[Outcome | None] = set()
    for seed in (0, 9, *range(40)):  # the first two are quick, and show both
        found |= compared(seed, compare_module)
        if found >= {Outcome.WITHIN, Outcome.VIOLATED}:
            return
    raise AssertionError(found)


@pytest.mark.exhaustive
@pytest.mark.parametrize("start", range(0, 300, 50))
def test_many_generated_protocols(start: int) -> None:
    for seed in range(start, start + 50):
        compared(seed, compare_module, compare_runs)
