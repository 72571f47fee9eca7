"""Networks other than the set that only grows: every reading has the same meaning of them."""

from __future__ import annotations

import quorate
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.results import Outcome
from quorate.model.language import Protocol, Sort
from quorate.model.language.interpreter import Interpreter, State

from ...support.protocols.lock import Ask, Client, Duplicating, Grant, Lock, Resending, Server

TWO = {"Client": 2, "Server": 1}
C0, C1, S0 = Client(0), Client(1), Server(0)


def after(protocol: type[Protocol], *steps: tuple[str, tuple[Sort | Ask | Grant, ...]]) -> State:
    bounds = protocol.sized(**TWO)
    with bounds:
        machine = Interpreter(protocol, bounds)
        (state,) = machine.initial()
        for action, args in steps:
            taken = machine.step(state, action, args)
            assert taken is not None, (action, args)
            state = taken
    return state


def can(protocol: type[Protocol], state: State, action: str, *args: Sort | Ask | Grant) -> bool:
    bounds = protocol.sized(**TWO)
    with bounds:
        return Interpreter(protocol, bounds).step(state, action, args) is not None


# ------------------------------------------------------------ at most once


def test_a_message_is_delivered_once() -> None:
    """40 states, as TLC counts them."""
    reference = explore_reference(Lock, Lock.sized(**TWO))
    assert (reference.states, reference.depth) == (40, 7)
    found = quorate.check(Lock, sizes=TWO).exploration
    assert (found.states, found.transitions) == (40, reference.transitions)
    assert found.outcome is Outcome.HOLDS
    reduced = quorate.check(Lock, sizes=TWO, symmetry=True).exploration
    assert reduced.full_states == 40
    fewer = quorate.check(Lock, sizes=TWO, search=quorate.BreadthFirst(por=True)).exploration
    assert fewer.outcome is Outcome.HOLDS and fewer.states <= 40


def test_what_grows_only_is_delivered_again() -> None:
    found = quorate.check(Duplicating, sizes=TWO)
    assert found.exploration.violated == "one_holds"


def test_a_message_is_gone_with_its_delivery() -> None:
    state = after(Lock, ("ask", (C0, S0)))
    assert state[3] == {Ask(C0, S0)}
    state = after(Lock, ("ask", (C0, S0)), ("grant", (S0, Ask(C0, S0))))
    assert state[3] == {Grant(S0, C0)}
    assert not can(Lock, state, "lose", Ask(C0, S0))


def test_a_message_is_delivered_to_its_addressee_alone() -> None:
    state = after(Lock, ("ask", (C0, S0)), ("grant", (S0, Ask(C0, S0))))
    assert can(Lock, state, "enter", C0, Grant(S0, C0))
    assert not can(Lock, state, "enter", C1, Grant(S0, C0))


def test_it_is_a_mistake_to_send_what_is_in_flight() -> None:
    found = quorate.check(Resending, sizes=TWO)
    reference = explore_reference(Resending, Resending.sized(**TWO))
    for outcome in (found.exploration, reference):
        assert outcome.outcome is Outcome.UNDEFINED
        assert outcome.undefined is not None and outcome.depth == 2
    assert "it is in flight already" in str(found.exploration.undefined)


def test_sizes_are_proved_and_others_are_refused_by_name() -> None:
    runs = quorate.check(Lock, sizes=TWO, search=quorate.BoundedModelChecking(steps=4))
    assert runs.exploration.violated is None
    unbounded = quorate.prove(Lock, refute=False).proof
    assert unbounded is not None and unbounded.unsupported is not None
    assert "messages that are gone once they are delivered (`sent`)" in unbounded.unsupported
    assert unbounded.where.text() == "Messages[Ask, Grant, Release]"
