"""Clocks that drift: every reading has the same meaning of them, and they keep to their bound."""

from __future__ import annotations

import itertools

import pytest

import quorate
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.export.tla import export
from quorate.checker.results import Outcome
from quorate.model.language import Map, Nat, Protocol, SizeError, clocks, durable
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter

from ...support.protocols.watch import Agreeing, Drift, Process, Time, Watch


def sizes(processes: int, time: int, drift: int) -> dict[str, int]:
    return {"Process": processes, "Time": time, "Drift": drift}


def counted(processes: int, time: int, drift: int) -> int:
    """The states of Watch: readings within the bound; who shows 1 or more may have stopped."""
    rows = itertools.product(range(time + 1), repeat=processes)
    return sum(2 ** sum(t > 0 for t in row) for row in rows if max(row) - min(row) <= drift)


@pytest.mark.parametrize("bounds", [(1, 2, 1), (2, 3, 1), (3, 2, 1), (2, 3, 2)])
def test_all_readings_within_the_bound_and_no_others(bounds: tuple[int, int, int]) -> None:
    plain = explore_reference(Watch, Watch.sized(**sizes(*bounds)))
    assert plain.states == counted(*bounds)
    if bounds == (2, 3, 1):
        found = quorate.check(Watch, sizes=sizes(*bounds))
        assert found.holds
        assert (found.exploration.states, found.exploration.transitions) == (
            plain.states,
            plain.transitions,
        )
        reduced = quorate.check(Watch, sizes=sizes(*bounds), symmetry=True)
        assert reduced.exploration.full_states == plain.states
        por = quorate.BreadthFirst(por=True)
        fewer = quorate.check(Watch, sizes=sizes(*bounds), search=por)
        assert fewer.exploration.outcome is Outcome.HOLDS


def test_time_moves_by_a_step_of_the_environment() -> None:
    found = quorate.check(Agreeing, sizes=sizes(2, 2, 1), invariants=["all_agree"])
    assert found.exploration.violated == "all_agree"
    assert found.exploration.depth == 1
    bounds = Watch.sized(**sizes(2, 2, 1))
    with bounds:
        machine = Interpreter(Watch, bounds)
        (state,) = machine.initial()
        ahead = machine.step(state, "tick", (Process(0),))
        assert ahead is not None and ahead[0] == (1, 0)
        assert machine.step(ahead, "tick", (Process(0),)) is None  # it would be 2 ahead
        assert machine.step(ahead, "tick", (Process(1),)) is not None
    assert Watch.methods("action")["tick"]._quorate.environment


def test_the_end_of_time_is_no_deadlock() -> None:
    assert quorate.check(Watch, sizes=sizes(2, 2, 1), deadlock=True).holds


def test_the_bound_is_at_least_one_tick() -> None:
    with pytest.raises(SizeError, match="Drift=0: a size is a whole number, at least 1"):
        Watch.sized(**sizes(2, 2, 0))


def test_the_bound_is_kept_at_any_size() -> None:
    assert quorate.prove(Watch).holds


def test_in_tla() -> None:
    text = export(Watch, None).module
    assert "tick(n) ==" in text and "UNCHANGED stopped" in text


def test_a_subclass_may_have_another_bound() -> None:
    class Wider(Nat): ...

    class Loose(Watch):
        clock: Map[Process, Time] = clocks(drift=Wider)

    assert set(Loose.sorts()) >= {"Wider", "Time", "Process"}
    plain = explore_reference(Loose, Loose.sized(Process=2, Time=3, Drift=1, Wider=2))
    assert plain.violated == "clocks_are_close"
    plain = explore_reference(Loose, Loose.sized(Process=2, Time=3, Drift=2, Wider=2))
    assert plain.states == counted(2, 3, 2)


def test_the_bound_is_a_range() -> None:
    with pytest.raises(TypeError, match="expected a range"):
        clocks(drift=2)  # type: ignore[arg-type]


def test_two_protocols_of_one_name_have_clocks_of_their_own() -> None:
    def made(bound: type[Nat]) -> type[Protocol]:
        class Same(Watch):
            clock: Map[Process, Time] = clocks(drift=bound)
            late: Map[Process, bool] = durable(False)

        return Same

    class Other(Nat): ...

    one, two = made(Drift), made(Other)
    assert "Other" not in one.sorts() and "Other" in two.sorts()
    assert [len(describe(p).actions) for p in (one, two)] == [2, 2]
