"""What belongs to a process: private variables, who may use them, and whose column a step is in."""

from __future__ import annotations

from dataclasses import replace

import pytest

import quorate
from quorate.checker.results import Move
from quorate.checker.tracing.build import make_trace, processes_of
from quorate.model.language import (
    Map,
    Message,
    Messages,
    ModelError,
    Nat,
    Ordered,
    Protocol,
    Sort,
    action,
    durable,
    invariant,
    require,
    volatile,
)
from quorate.model.language.declare.owners import process_of
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.description import describe
from quorate.model.language.digest import stable_text
from quorate.model.language.frontend.capture import capture
from quorate.model.language.interpreter import Interpreter
from quorate.model.leader_lease import LeaderLease
from quorate.model.multipaxos import MultiPaxos
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.raft import Raft
from quorate.model.raft_atomic import AtomicRaft
from quorate.model.two_phase_commit import TwoPhaseCommit
from quorate.model.viewstamped_replication import ViewstampedReplication


class Node(Sort): ...


class Item(Ordered): ...


class Count(Nat): ...


class Tell(Message):
    n: Node


class Counting(Protocol):
    seen: Map[Node, Count] = durable(0, private=True)
    busy: Map[Node, Node, bool] = volatile(False, private=True)
    price: Map[Item, Count] = durable(0)
    sent: Messages[Tell]

    @action
    def hear(self, m: Tell, by: Node, n: Node) -> None:
        """The process is the one whose cell is read, whatever comes before it."""
        require(self.seen[n] < 1 and m.n == by)
        self.seen[n] = 1
        self.busy[n, by] = True

    @action
    def tell(self, n: Node, i: Item) -> None:
        require(Tell(n) not in self.sent)
        self.price[i] = 1
        self.sent.add(Tell(n))

    @action(fault="crash")
    def crash_one(self, n: Node) -> None:
        self.crash(n)

    @action(by="environment")
    def shake(self, n: Node, m: Node) -> None:
        """A step that no process takes may change what belongs to any."""
        require(n != m and self.seen[n] == 1 and self.seen[m] == 1)
        self.seen[n] = 0
        self.seen[m] = 0

    @invariant
    def few(self) -> bool:
        return all(self.seen[n] <= 1 for n in Node)


class Open(Counting):
    seen: Map[Node, Count] = durable(0)
    busy: Map[Node, Node, bool] = volatile(False)


SIZES = {"Node": 2, "Item": 1, "Count": 1}


def test_it_changes_no_count_and_no_meaning() -> None:
    counts = []
    for protocol in (Counting, Open):
        found = quorate.check(protocol, sizes=SIZES, faults={"crash": 1}).exploration
        counts.append((found.states, found.transitions, found.depth))
    assert counts[0] == counts[1]
    one, other = describe(Counting), describe(Open)
    assert stable_text(one.variables) == stable_text(other.variables)


def test_a_step_is_in_the_column_of_whose_cells_it_changes() -> None:
    taken = ("tell", (Node(0), Item(0))), ("hear", (Tell(Node(0)), Node(0), Node(1)))
    for protocol, by in ((Counting, "n1"), (Open, "n0")):
        with protocol.sized({"crash": 1}, **SIZES) as sizes:
            interpreter = Interpreter(protocol, sizes)
            first = state = interpreter.initial()[0]
            path = []
            for name, arguments in taken:
                state = interpreter.step(state, name, arguments)
                assert state is not None
                path.append(Move(name, arguments, state))
        trace = make_trace(protocol, "x:X", sizes, first, path)
        assert trace.processes == ("n0", "n1")
        assert [step.node for step in trace.steps] == ["n0", by]


class Ranked(Protocol):
    """An order keys it, and no action has an element of it first: only its cells are private."""

    held: Map[Item, Count] = durable(0, private=True)

    @action
    def put(self, n: Node, i: Item) -> None:
        self.held[i] = 1


class Plain(Ranked):
    held: Map[Item, Count] = durable(0)


def test_what_owns_private_cells_is_a_process() -> None:
    assert processes_of(describe(Ranked)) == (Item,)
    assert processes_of(describe(Plain)) == ()


# ---------------------------------------------------------------- bundled protocols


def uses(protocol: type[Protocol], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The actions that use cells of others, if all that a process keys first is private."""
    sorts = processes_of(describe(protocol))
    read = Protocol.variables.__func__  # type: ignore[attr-defined]

    def variables(cls: type[Protocol]) -> dict[str, Variable]:
        found = read(cls)
        return {
            n: replace(v, private=(t := process_of(v)) is not None and t.sort in sorts)
            for n, v in found.items()
        }

    monkeypatch.setattr(Protocol, "variables", classmethod(variables))
    try:
        assert any(v.private for v in protocol.variables().values())
        capture(protocol)
    except ModelError as error:
        assert {d.code for d in error.diagnostics} == {"cell-of-another"}
        return {d.where.rpartition(".")[2] for d in error.diagnostics}
    return set()


@pytest.mark.parametrize(
    "protocol",
    [
        *(Paxos, PaxosRoles, TwoPhaseCommit, MultiPaxos),
        *(Raft, ViewstampedReplication, LeaderLease),
    ],
)
def test_where_processes_talk_by_messages_they_use_what_is_theirs(
    protocol: type[Protocol], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert uses(protocol, monkeypatch) == set()


def test_where_exchanges_are_one_step_they_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"elect", "replicate"} <= uses(AtomicRaft, monkeypatch)
