"""Deadlocks: states where nothing can happen, by every way of looking for them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest

import quorate
from quorate.checker.errors import InputError
from quorate.checker.explore.search import in_memory, storage
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.options import BreadthFirst, InMemory, Spill
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.results import DEADLOCK, Exploration, Outcome
from quorate.errors import QuorateError
from quorate.model.language import (
    Map,
    ModelError,
    Nat,
    Protocol,
    Seq,
    SizeError,
    Sizes,
    Sort,
    StepError,
    action,
    durable,
    final,
    invariant,
    require,
)

from ...support.comparing.searches import same_verdict
from ...support.protocols.runs import Pings
from ...support.strategies import generate_ending, loaded, sized


class Proc(Sort): ...


class Fork(Sort): ...


class Count(Nat): ...


class Dining(Protocol):
    """Whoever holds one fork waits for another one; nobody puts one down before it has all."""

    owner: Map[Fork, Proc | None] = durable(None)

    @action
    def take(self, p: Proc, k: Fork) -> None:
        require(self.owner[k] is None)
        self.owner[k] = p

    @action
    def put(self, p: Proc) -> None:
        require(all(self.owner[k] == p for k in Fork))
        for k in Fork:
            self.owner[k] = None


class Counter(Protocol):
    """It counts to the end, where it may rest; there, a step that changes nothing is possible."""

    n: Count = durable(0)

    @action
    def more(self) -> None:
        require(any(self.n < m for m in Count))
        self.n = self.n + 1

    @action
    def idle(self) -> None:
        self.n = self.n

    @final
    def done(self) -> bool:
        return not any(self.n < m for m in Count)


class Restless(Counter):
    @final
    def done(self) -> bool:
        return False


class Unclear(Counter):
    log: Seq[Count, Count] = durable(())

    @final
    def done(self) -> bool:
        return self.n == 1 and self.log[0] == 1


class Broken(Restless):
    @invariant
    def below_two(self) -> bool:
        return self.n < 2


FIRST, LAST = Fork(0), Fork(2)


class Preferring(Protocol):
    """One fork is taken, for good; only with one of them may the run end."""

    taken: Map[Fork, bool] = durable(False)

    @action
    def take(self, k: Fork) -> None:
        require(not any(self.taken[x] for x in Fork))
        self.taken[k] = True

    @final
    def done(self) -> bool:
        return self.taken[FIRST]


class PreferringLast(Preferring):
    @final
    def done(self) -> bool:
        return self.taken[LAST]


SIZES = {"Proc": 2, "Fork": 2}
WAYS: dict[str, dict[str, Any]] = {
    "memory": {},
    "threads": {"search": quorate.BreadthFirst(threads=2)},
    "symmetry": {"symmetry": True},
    "por": {"search": quorate.BreadthFirst(por=True)},
    "both": {"search": quorate.BreadthFirst(por=True), "symmetry": True},
    "reference": {"search": quorate.Reference()},
    "depth-first": {"search": quorate.DepthFirst()},
    "best-first": {"search": quorate.BestFirst()},
    "random": {"search": quorate.RandomWalks(walks=100)},
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_finds_the_shortest_run(way: str) -> None:
    result = quorate.check(Dining, sizes=SIZES, deadlock=True, **WAYS[way])
    found = result.exploration
    assert (found.outcome, found.violated) == (Outcome.VIOLATED, DEADLOCK)
    assert [move.action for move in found.path] == ["take", "take"]
    assert {move.arguments[0].index for move in found.path} == {0, 1}
    assert result.violation == "deadlock freedom is violated after 2 steps"
    assert result.trace is not None and result.trace.violation is not None
    assert result.trace.violation.witness == "no step leads to another state"


@pytest.mark.parametrize("way", WAYS)
def test_where_a_run_may_end_it_is_none(way: str) -> None:
    holding = quorate.check(Counter, sizes={"Count": 3}, deadlock=True, **WAYS[way])
    assert holding.violation is None
    result = quorate.check(Restless, sizes={"Count": 3}, deadlock=True, **WAYS[way])
    assert len(result.exploration.path) == 3
    assert not quorate.check(Restless, sizes={"Count": 3}, **WAYS[way]).violation


@pytest.mark.parametrize("protocol", [Preferring, PreferringLast])
def test_what_is_final_of_one_element_alone_ends_symmetry(protocol: type[Protocol]) -> None:
    """One state of the orbit is final, and the others are deadlocks."""
    for symmetry in (False, True):
        result = quorate.check(protocol, sizes={"Fork": 3}, deadlock=True, symmetry=symmetry)
        assert (result.exploration.violated, len(result.exploration.path)) == (DEADLOCK, 1)


def test_an_invariant_comes_first() -> None:
    result = quorate.check(Broken, sizes={"Count": 2}, deadlock=True)
    assert result.exploration.violated == "below_two"


def test_a_state_of_rest_that_makes_no_sense_is_a_mistake() -> None:
    for search in (quorate.BreadthFirst(), quorate.Reference()):
        result = quorate.check(Unclear, sizes={"Count": 2}, deadlock=True, search=search)
        found = result.exploration
        assert found.undefined is not None and len(found.path) == 1
        assert (found.undefined.kind, found.undefined.name) == ("final", "done")
    assert quorate.check(Unclear, sizes={"Count": 2}).violation is None


def test_what_cannot_look_for_deadlocks_says_so() -> None:
    for search in (quorate.BoundedModelChecking(steps=3), quorate.KInduction(most=2)):
        with pytest.raises(QuorateError, match="does not look for deadlocks"):
            quorate.check(Dining, sizes=SIZES, deadlock=True, search=search)


def test_a_pass_says_so() -> None:
    result = quorate.check(Pings, sizes={"Proc": 1, "Turn": 1}, deadlock=True, invariants=[])
    assert result.holds and "no deadlock: something can happen" in repr(result)
    assert not any("nothing is claimed" in text for text in result.warnings)


def test_on_disk(tmp_path: Path) -> None:
    storage = quorate.Spill(memory=1 << 16, folder=tmp_path)
    search = quorate.BreadthFirst(storage=storage)
    sizes = {"Proc": 4, "Fork": 6}
    result = quorate.check(Dining, sizes=sizes, deadlock=True, search=search)
    # With one process less than forks, no two of them end a run earlier than all forks do.
    assert result.exploration.violated == DEADLOCK and len(result.exploration.path) == 6
    assert result.exploration.spilled is not None


# ---------------------------------------------------------------- generated protocols


SEARCHES: dict[str, tuple[BreadthFirst, bool]] = {
    "memory": (BreadthFirst(storage=InMemory()), False),
    "threads": (BreadthFirst(threads=2, storage=InMemory()), False),
    "disk": (BreadthFirst(storage=Spill(memory=1)), False),
    "symmetry": (BreadthFirst(storage=InMemory()), True),
    "por": (BreadthFirst(storage=InMemory(), por=True), False),
    "both": (BreadthFirst(storage=InMemory(), por=True), True),
}
IN_ORDER = {"memory", "threads"}  # of several things wrong at one depth they find the same
DAILY = ("memory", "symmetry", "both")


@pytest.fixture
def divided(monkeypatch: pytest.MonkeyPatch) -> None:
    """With threads, states are divided after a few."""
    monkeypatch.setattr(in_memory, "CROWD", 0)
    monkeypatch.setattr(storage, "SLICE", 3)
    monkeypatch.setattr(in_memory, "FIRST_ROOM", 1)


def compare(
    protocol: type[Protocol], sizes: Sizes, ways: Iterable[str] = SEARCHES
) -> Exploration | None:
    """Check that these searches agree with the reference; None if it takes too long."""
    plain = explore_reference(protocol, sizes, limit=400, deadlock=True)
    if plain.outcome is Outcome.LIMIT:
        return None
    for way in ways:
        search, symmetry = SEARCHES[way]
        try:
            explorer = Explorer(protocol, sizes, search, symmetry=symmetry, deadlock=True)
        except InputError as error:  # among too many messages
            assert search.por and "drop --por" in str(error)
            continue
        found = explorer.run(coverage=False)
        if not same_verdict(protocol, sizes, plain, found):
            continue
        if found.outcome is Outcome.VIOLATED:
            assert len(found.path) == len(plain.path), way
            assert found.violated == plain.violated or way not in IN_ORDER, way
    return plain


def compared(seed: int, ways: Iterable[str]) -> str | None:
    """What a generated protocol is found to violate, in the same way by these searches."""
    source = generate_ending(Random(seed))
    with loaded(source) as protocol:
        try:
            plain = compare(protocol, sized(protocol, source), ways)
        except (ModelError, SizeError, StepError):
            return None
    return None if plain is None else plain.violated or plain.outcome.value


def test_generated_protocols() -> None:
    """As many as it takes until one has a deadlock, one violates an invariant, and one neither."""
    found: set[str | None] = set()
    for seed in range(60):
        found.add(compared(seed, DAILY))
        if found >= {DEADLOCK, "inv0", Outcome.HOLDS.value}:
            return
    raise AssertionError(found)


@pytest.mark.usefixtures("divided")
def test_every_search_finds_that_there_is_none() -> None:
    holding = compare(Counter, Counter.sized(Count=3))
    assert holding is not None and holding.outcome is Outcome.HOLDS
    assert holding.states == 4


@pytest.mark.exhaustive
@pytest.mark.usefixtures("divided")
@pytest.mark.parametrize("start", range(0, 300, 50))
def test_many_generated_protocols(start: int) -> None:
    for seed in range(start, start + 50):
        compared(seed, SEARCHES if seed % 5 == 0 else DAILY)
