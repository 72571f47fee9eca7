"""An action that assigns to a part of a record keeps its place in the source."""

from __future__ import annotations

from quorate.model.language import Map, Nat, Protocol, Record, Sort, action, durable, require
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter


class Node(Sort): ...


class Count(Nat): ...


class Pair(Record):
    a: Count
    b: Count


class Parts(Protocol):
    pair: Map[Node, Pair] = durable(Pair(0, 0))

    @action
    def raise_it(self, n: Node) -> None:
        require(self.pair[n].a < 1)
        require(self.pair[n].b < 1)
        self.pair[n].a = 1


def test_guards_have_the_lines_of_the_source() -> None:
    sizes = Parts.sized(Node=1, Count=1)
    (raising,) = describe(Parts).actions
    with sizes:
        machine = Interpreter(Parts, sizes)
        (state,) = machine.initial()
        (arguments,) = machine.choices(state, "raise_it")
        found = machine.requirements(state, "raise_it", arguments)
    assert [r.line for r in found] == [g.span.line for g in raising.guards]


class InACell(Parts):
    """A generator reads `self`, which is then in a cell; a plain write comes first."""

    told: bool = durable(False)

    @action
    def raise_it(self, n: Node) -> None:
        require(not any(self.told or self.pair[m].b == 1 for m in Node))
        self.told = True
        self.pair[n].b = 1


class Above(InACell):
    @action
    def raise_it(self, n: Node) -> None:
        super().raise_it(n)
        self.pair[n].a = 1 if all(self.pair[m].b == 1 for m in Node) else 0


def test_generators_and_super_leave_it_as_it_is() -> None:
    for protocol, pair in ((InACell, Pair(0, 1)), (Above, Pair(1, 1))):
        with (sizes := protocol.sized(Node=1, Count=1)):
            machine = Interpreter(protocol, sizes)
            (state,) = machine.initial()
            ((_, _, after),) = machine.successors(state)
        assert after == ((pair,), True)
