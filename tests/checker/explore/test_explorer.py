"""What a search does at its edges: limits, memory, interrupts, widths, odd protocols."""

from __future__ import annotations

import re

import numpy as np
import pytest

from quorate.checker.explore.claims import UnknownPropertyError
from quorate.checker.explore.codegen.machine_code import MachineCode
from quorate.checker.explore.search import in_memory as module
from quorate.checker.explore.search import storage
from quorate.checker.explore.search.breadth_first import Explorer, explore
from quorate.checker.explore.search.interface import Progress
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.explore.store.budget import Estimate
from quorate.checker.explore.store.memory import table_size
from quorate.checker.results import Outcome
from quorate.model.language import Protocol, SizeError
from quorate.model.multipaxos import MultiPaxos
from quorate.model.paxos import Paxos

from ...support.comparing.searches import compare
from ...support.searching import searching
from . import toys

THREE_TWO_TWO = {"Acceptor": 3, "Ballot": 2, "Value": 2}


# ---------------------------------------------------------------- limits and interrupts


@pytest.mark.parametrize("limit", [1, 2, 100, 501])
def test_limit_is_exact(limit: int) -> None:
    found = explore(Paxos, Paxos.sized(**THREE_TWO_TWO), searching(limit=limit))
    plain = explore_reference(Paxos, Paxos.sized(**THREE_TWO_TWO), limit=limit)
    assert found.outcome is plain.outcome is Outcome.LIMIT
    assert found.states == plain.states == limit
    assert not found.complete and found.waiting >= 0


def test_limit_beyond_the_states_is_no_limit() -> None:
    found = explore(Paxos, Paxos.sized(**THREE_TWO_TWO), searching(limit=3922))
    assert (found.outcome, found.states) == (Outcome.HOLDS, 3921)
    assert (
        explore(Paxos, Paxos.sized(**THREE_TWO_TWO), searching(limit=3921)).outcome is Outcome.LIMIT
    )


def test_a_violation_before_the_limit_is_found() -> None:
    found = explore(toys.Bounded, toys.Bounded.sized(Step=9), searching(limit=5))
    assert (found.violated, found.states, found.depth) == ("below_four", 5, 4)


def test_interrupt_keeps_what_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "SLICE", 500)
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 3:
            raise KeyboardInterrupt

    search = Explorer(Paxos, Paxos.sized(**THREE_TWO_TWO))
    found = search.run(report)
    assert found.outcome is Outcome.INTERRUPTED and not found.complete
    assert found.states - found.waiting == 1500
    assert (found.states, found.depth) == (seen[-1].states, seen[-1].depth)
    assert found.transitions == sum(found.fired.values()) > 0
    assert found.guards == () and found.warnings([], {}) == []
    expanded = _transitions_of_first(search, 1500)
    assert found.transitions == expanded
    again = search.run()
    assert (again.outcome, again.states) == (Outcome.HOLDS, 3921)


def _transitions_of_first(search: Explorer, count: int) -> int:
    with search.sizes:
        states = [search.state(k) for k in range(count)]
        return sum(1 for s in states for _ in search.interpreter.successors(s))


def test_progress_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "SLICE", 100)
    seen: list[Progress] = []
    explore(Paxos, Paxos.sized(**THREE_TWO_TWO), report=seen.append)
    assert [p.states for p in seen] == sorted(p.states for p in seen)
    assert seen[-1].waiting == 0 and len(seen) == 40


@pytest.mark.parametrize("batch_room", [1, 50])
def test_batches_change_nothing(batch_room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = explore(Paxos, Paxos.sized(**THREE_TWO_TWO))
    monkeypatch.setattr(module, "BATCH_ROOM", batch_room)
    monkeypatch.setattr(module, "FIRST_ROOM", 1)
    monkeypatch.setattr(storage, "SLICE", 7)
    other = explore(Paxos, Paxos.sized(**THREE_TWO_TWO))
    for one in ("states", "transitions", "depth", "fired", "reached", "guards"):
        assert getattr(usual, one) == getattr(other, one), one


# ---------------------------------------------------------------- memory


def test_out_of_memory_keeps_what_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_ROOM", 256)
    search = Explorer(Paxos, Paxos.sized(**THREE_TWO_TWO), searching(memory=64 << 10))
    found = search.run()
    assert found.outcome is Outcome.OUT_OF_MEMORY and not found.complete
    store = search.store
    assert store.states.nbytes + store.parents.nbytes + store.table.nbytes <= 64 << 10
    assert 0 < found.waiting < found.states <= store.room
    assert store.room - found.states <= 64 * search.kernel.most_successors
    assert found.transitions == _transitions_of_first(search, found.states - found.waiting)


def test_a_growth_that_fails_is_out_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object, room: int) -> None:
        raise MemoryError

    monkeypatch.setattr(module.StateStore, "grow", fail)
    found = explore(Paxos, Paxos.sized(Acceptor=3, Ballot=3, Value=2))
    assert found.outcome is Outcome.OUT_OF_MEMORY
    assert 0 < found.states <= module.FIRST_ROOM


def test_a_tiny_budget_still_runs() -> None:
    found = explore(Paxos, Paxos.sized(**THREE_TWO_TWO), searching(memory=1))
    assert found.outcome is Outcome.OUT_OF_MEMORY and found.states > 0


def test_estimate() -> None:
    search = Explorer(Paxos, Paxos.sized(Acceptor=3, Ballot=3, Value=2), searching(memory=1 << 30))
    found = search.estimate()
    assert (found.bits, found.words, found.bytes_per_state, found.instances) == (36, 1, 28, 48)
    assert 20_000_000 < found.most_states_in_memory < (1 << 30) // 20
    assert isinstance(Explorer(Paxos, search.sizes).estimate(), Estimate)
    assert Explorer(Paxos, search.sizes, searching(memory=0)).estimate().most_states_in_memory == 0


def test_tables_are_powers_of_two_and_half_empty() -> None:
    for room in (1, 2, 3, 100, 65535, 65536, 65537):
        size = table_size(room, keyed=False)
        assert size >= 2 * room and size & (size - 1) == 0


# ---------------------------------------------------------------- absurd sizes


@pytest.mark.parametrize(
    ("protocol", "sizes", "names"),
    [
        (Paxos, {"Acceptor": 50, "Ballot": 2, "Value": 2}, ("Quorum", "50")),
        (Paxos, {"Acceptor": 60, "Ballot": 60, "Value": 60}, ("Quorum", "60")),
        (toys.Wide, {"Node": 64, "Item": 64, "Round": 64}, ("move", "262,144")),
        (
            MultiPaxos,
            {"Proposer": 2, "Acceptor": 3, "Slot": 9, "Value": 9, "Ballot": 9},
            ("Promise", "possible messages"),
        ),
    ],
)
def test_absurd_sizes_are_refused_before_anything_is_compiled(
    protocol: type[Protocol],
    sizes: dict[str, int],
    names: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(MachineCode, "_compile", None)
    with pytest.raises(SizeError) as error:
        Explorer(protocol, protocol.sized(None, **sizes))
    assert all(name in str(error.value) for name in names), error.value


def test_a_state_too_wide_is_refused() -> None:
    with pytest.raises(SizeError, match=r"one state of Vast takes 290,816 bits .*b: 262,144"):
        Explorer(toys.Vast, toys.Vast.sized(Node=64, Item=64, Round=64))


# ---------------------------------------------------------------- widths


@pytest.mark.parametrize(("nodes", "words"), [(1, 1), (10, 1), (12, 1)])
def test_bits(nodes: int, words: int) -> None:
    found = explore(toys.Switches, toys.Switches.sized(Node=nodes))
    assert (found.states, found.transitions) == (2**nodes, nodes * 2**nodes)
    assert (found.bits, found.words, found.depth) == (nodes, words, nodes)


@pytest.mark.parametrize(
    ("nodes", "items", "rounds", "words"),
    [
        (2, 2, 2, 1),
        (3, 11, 3, 2),
        pytest.param(5, 13, 3, 3, marks=pytest.mark.exhaustive),
        pytest.param(8, 12, 3, 4, marks=pytest.mark.exhaustive),
        pytest.param(9, 15, 3, 5, marks=pytest.mark.exhaustive),
        (20, 20, 3, 13),
    ],
)
def test_words(nodes: int, items: int, rounds: int, words: int) -> None:
    """One, two, four (each with its own search) and many words."""
    sizes = toys.Wide.sized(Node=nodes, Item=items, Round=rounds)
    search = Explorer(toys.Wide, sizes)
    found = search.run()
    cells = nodes * items
    assert found.words == words
    assert found.states == 1 + cells * rounds
    with sizes:
        for k in range(0, found.states, 17):
            packed = search.packing.pack(search.state(k))
            assert np.array_equal(packed, search.store.row(k))
            assert search.store.find(packed) == k


def test_the_largest_sort() -> None:
    """64 elements and a bottom: 65 values do not fit a 64-bit mask."""
    sizes = toys.Wide.sized(Node=1, Item=1, Round=64)
    assert compare(toys.Wide, sizes) == "holds"


def test_cells_of_no_bits() -> None:
    assert compare(toys.Constant, toys.Constant.sized({"crash": 0}, Node=1, Item=1)) == "holds"
    assert compare(toys.Constant, toys.Constant.sized({"crash": 2}, Node=2, Item=1)) == "holds"
    search = Explorer(toys.Counter, toys.Counter.sized(Step=0))
    found = search.run()
    assert (found.states, found.transitions, found.bits, found.words) == (1, 0, 0, 1)


# ---------------------------------------------------------------- odd protocols


@pytest.mark.parametrize(
    ("protocol", "sizes", "kind"),
    [
        (toys.Counter, {"Step": 5}, "holds"),
        (toys.Bounded, {"Step": 5}, "violated"),
        (toys.Overflow, {"Step": 5}, "undefined"),
        (toys.Starts, {"Node": 3}, "holds"),
        (toys.BadStart, {"Node": 3}, "violated"),
        (toys.NoStart, {"Node": 3}, "holds"),
        (toys.Stuck, {}, "holds"),
        (toys.Idle, {"Node": 3}, "holds"),
        (toys.Undefined, {"Step": 3}, "undefined"),
        (toys.TwiceInOneStep, {"Node": 2, "Item": 2}, "undefined"),
        (toys.TwiceInOneStep, {"Node": 3, "Item": 1}, "holds"),
    ],
)
def test_odd_protocols(protocol: type[Protocol], sizes: dict[str, int], kind: str) -> None:
    assert compare(protocol, protocol.sized(None, **sizes)) == kind


def test_several_initial_states() -> None:
    search = Explorer(toys.Starts, toys.Starts.sized(Node=3))
    found = search.run()
    assert (len(search.initial), found.states, found.depth) == (3, 6, 1)


def test_a_violation_at_the_start() -> None:
    found = explore(toys.BadStart, toys.BadStart.sized(Node=3))
    assert (found.violated, found.path, found.depth) == ("nobody_owns", (), 0)
    assert found.initial is not None and found.states == 3


def test_no_initial_state_is_said() -> None:
    found = explore(toys.NoStart, toys.NoStart.sized(Node=3))
    assert (found.outcome, found.states) == (Outcome.HOLDS, 0)
    assert "no initial state" in found.warnings(["x"], {})[0]


def test_nothing_ever_happens() -> None:
    found = explore(toys.Stuck, toys.Stuck.sized())
    assert (found.states, found.transitions, found.depth) == (1, 0, 0)
    assert found.warnings(["switched_on"], {}) == [
        "action never was never enabled",
        "no state makes `switched_on` true",
    ]


def test_steps_that_change_nothing_are_transitions() -> None:
    found = explore(toys.Idle, toys.Idle.sized(Node=3))
    assert (found.states, found.transitions, found.fired) == (1, 3, {"stay": 3})


def test_a_step_beyond_a_range_is_a_mistake_of_the_model() -> None:
    found = explore(toys.Overflow, toys.Overflow.sized(Step=5))
    assert (found.outcome, found.depth, len(found.path)) == (Outcome.UNDEFINED, 6, 5)
    assert re.search(r"toys\.py:\d+: up\(\): n = 6, but Step goes from 0", str(found.undefined))


def test_a_property_without_a_value_is_a_mistake_of_the_model() -> None:
    found = explore(toys.Undefined, toys.Undefined.sized(Step=3))
    assert found.undefined is not None and found.undefined.name == "read_beyond"
    assert found.undefined.kind == "invariant" and found.depth == len(found.path)


def test_only_some_invariants() -> None:
    sizes = toys.Bounded.sized(Step=5)
    assert explore(toys.Bounded, sizes, invariants=frozenset()).outcome is Outcome.HOLDS
    assert explore(toys.Bounded, sizes, invariants=frozenset({"small"})).outcome is Outcome.HOLDS
    with pytest.raises(UnknownPropertyError, match="no invariant `beyond_two`"):
        explore(toys.Bounded, sizes, invariants=frozenset({"beyond_two"}))


def test_initial_numbers_out_of_range_are_refused() -> None:
    class Far(toys.Counter):
        n: toys.Step = toys.durable(3)

    assert explore(Far, Far.sized(Step=3)).states == 1
    with pytest.raises(SizeError, match="n = 3, but Step goes from 0 to 2"):
        explore(Far, Far.sized(Step=2))


def test_a_witness_that_is_never_enabled_does_not_hide_the_others() -> None:
    sizes = toys.Witnessed.sized(Node=2)
    found, plain = explore(toys.Witnessed, sizes), explore_reference(toys.Witnessed, sizes)
    assert (found.states, found.transitions) == (plain.states, plain.transitions) == (2, 2)
    assert explore(toys.Impossible, sizes).states == 1
