"""Several threads find what one finds: the same states in the same order, and all that follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from quorate.checker.explore.graph import StateGraph
from quorate.checker.explore.search import in_memory, storage, threads
from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.interface import Progress
from quorate.checker.explore.store.memory import Partitions, StateStore
from quorate.checker.results import Exploration, Outcome
from quorate.model.language import ModelError, Protocol, SizeError, Sizes
from quorate.model.language.description import describe
from quorate.model.mutants import KILLED, MUTANTS, Mutant
from quorate.model.paxos import Paxos

from ...support.bounds import SMALL, Bound, every_day
from ...support.examples import few, share
from ...support.searching import explorer, searching
from ...support.strategies import Source, loaded, sized, sources
from . import toys

THREE_TWO_TWO = {"Acceptor": 3, "Ballot": 2, "Value": 2}
ONE_VALUE = Paxos.sized(Acceptor=3, Ballot=2, Value=1)  # 1,681 states


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Split the states after a few, and exchange them in small rounds, on threads."""
    hurry(monkeypatch, 3, 5)


def hurry(patch: pytest.MonkeyPatch, start: int, stretch: int) -> None:
    patch.setattr(in_memory, "CROWD", 0)
    patch.setattr(storage, "SLICE", start)
    patch.setattr(in_memory, "FIRST_ROOM", 1)
    patch.setattr(threads, "STRETCH", stretch)
    patch.setattr(threads, "SMALL", 1)


def agree(protocol: type[Protocol], sizes: Sizes, number: int, **options: Any) -> str:
    """Assert that so many threads find what one finds; returns how the search ended."""
    one = explorer(protocol, sizes, **options)
    many = explorer(protocol, sizes, threads=number, **options)
    a, b = one.run(), many.run()
    assert replace(a, seconds=0) == replace(b, seconds=0)
    if a.outcome is Outcome.UNDEFINED:
        return "undefined"
    if a.outcome is Outcome.VIOLATED and one.store.count == many.store.count == 1:
        return "violated at once"
    same(one.store, many.store)
    with sizes:
        for k in range(0, a.states, 1 + a.states // 4):
            assert one.state(k) == many.state(k)
        if a.states:
            assert one.path_to(k) == many.path_to(k)
    return a.outcome.value


def same(one: StateStore, many: StateStore) -> None:
    n = one.count
    assert many.count == n
    assert np.array_equal(one.states[: n * one.words], many.states[: n * one.words])
    assert np.array_equal(one.parents[:n], many.parents[:n])
    assert all(many.find(many.row(k)) == k for k in range(0, n, 1 + n // 50))


@pytest.mark.parametrize("number", [2, 7])
@pytest.mark.parametrize("bound", every_day(SMALL, "Paxos-2-2-1", "Raft-2-1-1-0"))
def test_bundled(bound: Bound, number: int) -> None:
    protocol, sizes, faults = bound
    assert agree(protocol, protocol.sized(faults, **sizes), number) == "holds"


@pytest.mark.parametrize(
    "mutant", few((m for m in MUTANTS.values() if m.verdict == KILLED), {"R1"})
)
def test_mutants(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch, 1000, 300)
    sizes = mutant.protocol.sized(dict(mutant.faults), **mutant.sizes)
    assert agree(mutant.protocol, sizes, 3) == "violated"


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "mutant", [m for m in MUTANTS.values() if m.verdict == KILLED], ids=lambda m: m.code
)
def test_all_mutants(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    sizes = mutant.protocol.sized(dict(mutant.faults), **mutant.sizes)
    assert agree(mutant.protocol, sizes, 2) == "violated"


def test_symmetry() -> None:
    assert agree(Paxos, Paxos.sized(**THREE_TWO_TWO), 3, symmetry=True) == "holds"


@pytest.mark.parametrize("limit", [1, 2, 9, 101, 144, 145, 146])
def test_a_limit_is_exact(limit: int) -> None:
    ended = "holds" if limit > 145 else "limit reached"
    assert agree(Paxos, Paxos.sized(Acceptor=2, Ballot=2, Value=2), 2, limit=limit) == ended


@pytest.mark.parametrize(
    ("protocol", "sizes"),
    [
        (toys.Counter, {"Step": 50}),
        (toys.Bounded, {"Step": 9}),
        (toys.Overflow, {"Step": 5}),
        (toys.Starts, {"Node": 3}),
        (toys.BadStart, {"Node": 3}),
        (toys.NoStart, {"Node": 3}),
        (toys.Stuck, {}),
        (toys.Idle, {"Node": 3}),
        (toys.Undefined, {"Step": 3}),
        (toys.TwiceInOneStep, {"Node": 2, "Item": 2}),
        (toys.Switches, {"Node": 8}),
        (toys.Wide, {"Node": 3, "Item": 11, "Round": 3}),
        pytest.param(toys.Wide, {"Node": 9, "Item": 15, "Round": 3}, marks=pytest.mark.exhaustive),
    ],
)
def test_odd_protocols(protocol: type[Protocol], sizes: dict[str, int]) -> None:
    agree(protocol, protocol.sized(None, **sizes), 2)


@given(sources(), st.integers(2, 5), st.integers(1, 20), st.booleans())
@share(4)
def test_generated(source: Source, number: int, stretch: int, all_of_it: bool) -> None:
    with loaded(source) as protocol, pytest.MonkeyPatch.context() as patch:
        hurry(patch, stretch, stretch)
        try:
            describe(protocol)
            sizes = sized(protocol, source)
            options = {"only": frozenset()} if all_of_it else {}
            event(agree(protocol, sizes, number, limit=2000, **options))
        except (ModelError, SizeError):
            event("rejected")


def test_memory_ends_a_search_with_what_was_counted() -> None:
    search = Explorer(Paxos, ONE_VALUE, searching(memory=24 << 10, threads=2))
    found = search.run()
    assert found.outcome is Outcome.OUT_OF_MEMORY
    assert found.states > 200 and found.waiting > 0
    stores, _ = search.storage.stores()
    held = sum(s.states.nbytes + s.parents.nbytes + s.table.nbytes for s in stores)
    assert held <= (24 << 10) * 3 // 4  # the rest is for the outboxes
    _is_the_beginning(search, found)


def test_outboxes_keep_within_their_share_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds are as long as it allows, and change nothing of what is found."""
    monkeypatch.setattr(threads, "STRETCH", 1 << 19)
    sizes = Paxos.sized(Acceptor=3, Ballot=2, Value=2)
    most, found = [], []
    for memory in (1 << 20, 1 << 23, None):
        search = explorer(Paxos, sizes, threads=2, memory=memory)
        found.append(replace(search.run(), seconds=0))
        store = search.storage
        assert isinstance(store, threads.ThreadedStorage)
        most.append(store._most_at_once())
        first = threads.Worker.of(search.kernel, 2).outbox
        for outbox in (w.outbox for w in store.workers):
            assert sum(a.nbytes for a in outbox.arrays) == sum(a.nbytes for a in first.arrays)
    assert found[0] == found[1] == found[2]
    each = 2 * 20 * (1 + found[0].transitions // found[0].states)  # bytes, for states of one word
    assert most == [(1 << 18) // each, (1 << 21) // each, 1 << 20]


def test_a_growth_that_fails_is_out_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    search = Explorer(Paxos, ONE_VALUE, searching(threads=2))
    grow = StateStore.grow

    def fail(store: StateStore, room: int) -> None:
        if isinstance(search.storage, threads.ThreadedStorage) and store.count > 150:
            raise MemoryError
        grow(store, room)

    monkeypatch.setattr(StateStore, "grow", fail)
    found = search.run()
    monkeypatch.setattr(StateStore, "grow", grow)
    assert found.outcome is Outcome.OUT_OF_MEMORY and found.states > 300
    _is_the_beginning(search, found)


def test_without_memory_to_split_one_thread_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(store: StateStore, shards: int) -> Partitions:
        raise MemoryError

    monkeypatch.setattr(Partitions, "split", fail)
    found = Explorer(Paxos, Paxos.sized(**THREE_TWO_TWO), searching(threads=2)).run()
    assert (found.outcome, found.states) == (Outcome.HOLDS, 3921)


def test_interrupt_keeps_what_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch, 100, 50)
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 5:
            raise KeyboardInterrupt

    search = Explorer(Paxos, ONE_VALUE, searching(threads=2))
    found = search.run(report)
    assert found.outcome is Outcome.INTERRUPTED
    assert (found.states, found.depth) == (seen[-1].states, seen[-1].depth)
    _is_the_beginning(search, found)
    assert search.run().states == 1681


def _is_the_beginning(search: Explorer, found: Exploration) -> None:
    """The states found are the first that one thread finds; transitions those of the expanded."""
    whole = Explorer(Paxos, search.sizes)
    whole.run()
    n = found.states * whole.store.words
    assert np.array_equal(search.store.states[:n], whole.store.states[:n])
    with search.sizes:
        expanded = (search.state(k) for k in range(found.states - found.waiting))
        steps = sum(1 for s in expanded for _ in search.interpreter.successors(s))
    assert found.transitions == sum(found.fired.values()) == steps


def test_a_graph_is_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    def text(number: int) -> str:
        search = Explorer(
            Paxos, Paxos.sized(Acceptor=2, Ballot=2, Value=1), searching(threads=number)
        )
        search.run()
        path = tmp_path_factory.mktemp("graph") / "paxos.dot"
        StateGraph(search).write(path)
        return path.read_text(encoding="utf-8")

    assert text(1) == text(3)


def test_real_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    sizes = Paxos.sized(Acceptor=3, Ballot=3, Value=2)
    search = Explorer(Paxos, sizes, searching(threads=2))
    monkeypatch.setattr(storage, "SLICE", 10_000)
    assert search.run().states == 185_369
    parts = search.storage
    assert not isinstance(parts, threads.ThreadedStorage) or parts.partitions.shards == 2
    monkeypatch.setattr(in_memory, "CROWD", 1000)
    assert agree(Paxos, sizes, 2) == "holds"


def parts_of(store: StateStore, shards: int) -> Iterator[tuple[int, Mapping[str, int]]]:
    """For each state, by rank: what `Partitions` says of it."""
    parts = Partitions.split(store, shards)
    for rank in range(store.count):
        number = parts.number(rank)
        yield rank, {"rank": parts.rank(number), "parent": parts.rank(parts.parent(number))}


@pytest.mark.parametrize("shards", [1, 2, 5])
def test_split_and_gathered(shards: int) -> None:
    search = Explorer(Paxos, Paxos.sized(Acceptor=2, Ballot=2, Value=1))
    search.run()
    for rank, said in parts_of(search.store, shards):
        assert said == {"rank": rank, "parent": search.store.parent(rank)}
    parts = Partitions.split(search.store, shards)
    same(search.store, parts.gathered())
    for part in parts.stores:
        for k in range(part.count):
            assert part.find(part.row(k)) == k
