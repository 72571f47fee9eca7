"""Networks other than the set that only grows: every reading has the same meaning of them."""

from __future__ import annotations

import pytest

import quorate
from quorate.checker.errors import InputError
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.export.tla import export
from quorate.checker.results import Move, Outcome
from quorate.checker.tracing.build import make_trace
from quorate.checker.tracing.reading import TraceReader
from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Protocol,
    Sort,
    action,
    durable,
    fifo,
    init,
)
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter, State

from ...support.protocols.echo import (
    Arriving,
    Broadcasting,
    Echo,
    Node,
    Ping,
    Pong,
    Reordering,
    Unbounded,
)
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


# ------------------------------------------------------------ in order


NODES = {"Node": 2, "Depth": 2}
N0, N1 = Node(0), Node(1)


@pytest.mark.parametrize(
    ("protocol", "states"),
    [
        (Echo, 29),
        pytest.param(Broadcasting, 29, marks=pytest.mark.exhaustive),
        (Arriving, 33),
    ],
)
def test_links_keep_their_order(protocol: type[Protocol], states: int) -> None:
    reference = explore_reference(protocol, protocol.sized(**NODES))
    assert (reference.states, reference.outcome) == (states, Outcome.HOLDS)
    found = quorate.check(protocol, sizes=NODES).exploration
    assert (found.states, found.transitions) == (states, reference.transitions)
    assert quorate.check(protocol, sizes=NODES, symmetry=True).exploration.full_states == states


def test_where_there_is_no_order_an_answer_overtakes_another() -> None:
    assert quorate.check(Reordering, sizes={"Node": 2}).exploration.outcome is Outcome.HOLDS
    with Echo.sized(**NODES):
        machine = Interpreter(Echo, Echo.sized(**NODES))
        state = machine.initial()[0]
        for action, args in (("ping", (N0, N1)), ("pong", (N1, Ping(N0, N1)))):
            taken = machine.step(state, action, args)
            assert taken is not None
            state = taken
        first, second = Pong(N1, N0, False), Pong(N1, N0, True)
        assert machine.step(state, "done", (N0, second)) is None
        after_first = machine.step(state, "done", (N0, first))
        assert after_first is not None
        assert machine.step(after_first, "done", (N0, second)) is not None


def test_a_connection_that_breaks_loses_what_is_in_flight() -> None:
    with Echo.sized({"reset": 1}, **NODES) as sizes:
        machine = Interpreter(Echo, sizes)
        state = machine.step(machine.initial()[0], "ping", (N0, N1))
        assert state is not None and state[0][1] != ()
        broken = machine.step(state, "reset", (N0, N1))
        assert broken is not None and broken[0] == ((), (), (), ())


def test_what_has_arrived_outlives_the_connection() -> None:
    with Arriving.sized({"reset": 1}, **NODES) as sizes:
        machine = Interpreter(Arriving, sizes)
        state = machine.initial()[0]
        for action, args in (("ping", (N0, N1)), ("pong", (N1, Ping(N0, N1)))):
            taken = machine.step(state, action, args)
            assert taken is not None
            state = taken
        assert [len(link) for link in state[0]] == [0, 0, 2, 0]
        for kept, left in ((0, 0), (1, 1), (2, 2)):
            broken = machine.step(state, "reset", (N1, N0, kept))
            assert broken is not None
            assert broken[0][2] == state[0][2][:left]


class Depth(Nat): ...


class Letter(Message, link=("src", "dst")):
    src: Node
    dst: Node


class Pairs(Protocol):
    """Two like letters on a link, read two at a time, which may be one."""

    sent: Messages[Letter] = fifo(Depth)
    read: Map[Node, bool] = durable(False)

    @init
    def write(self, a: Node, b: Node) -> None:
        self.sent.add(Letter(a, b))
        self.sent.add(Letter(a, b))

    @action
    def read_both(self, m: Letter, n: Letter) -> None:
        self.read[m.dst] = True
        self.read[n.dst] = True


def test_a_message_that_is_two_parameters_leaves_once() -> None:
    """On each of four links two letters, then one; then none, and one of two has read them."""
    sizes = {"Node": 2, "Depth": 2}
    reference = explore_reference(Pairs, Pairs.sized(**sizes))
    assert (reference.states, reference.transitions, reference.depth) == (10, 8, 2)
    found = quorate.check(Pairs, sizes=sizes).exploration
    assert (found.states, found.transitions, found.depth) == (10, 8, 2)


def test_it_is_a_mistake_to_send_on_a_full_link() -> None:
    found = quorate.check(Unbounded, sizes=NODES)
    assert found.exploration.outcome is Outcome.UNDEFINED
    said = str(found.exploration.undefined)
    assert "sent: the link from n1 to n0 has 3 entries, but Depth ends at 2" in said


def test_an_arrow_goes_from_the_step_that_sent_to_the_addressee() -> None:
    bounds = Echo.sized(**NODES)
    steps = [
        ("ping", (N0, N1)),
        ("pong", (N1, Ping(N0, N1))),
        ("done", (N0, Pong(N1, N0, False))),
        ("done", (N0, Pong(N1, N0, True))),
    ]
    with bounds:
        machine = Interpreter(Echo, bounds)
        initial = state = machine.initial()[0]
        path = []
        for action, args in steps:
            taken = machine.step(state, action, args)
            assert taken is not None
            state = taken
            path.append(Move(action, args, state))
    trace = make_trace(Echo, "echo:Echo", bounds, initial, path)
    assert [[r.step for r in s.received] for s in trace.steps] == [[], [1], [2], [2]]
    assert [s.node for s in trace.steps] == ["n0", "n1", "n0", "n0"]
    with bounds:
        assert TraceReader().state(describe(Echo), trace.state(2)) == path[1].state


def test_what_has_no_links_says_so() -> None:
    with pytest.raises(InputError, match="a fifo network has no form in TLA\\+ here"):
        export(Echo, None)
    proof = quorate.prove(Echo, refute=False).proof
    assert proof is not None
    assert "messages that are gone once they are delivered (`sent`)" in str(proof.unsupported)
