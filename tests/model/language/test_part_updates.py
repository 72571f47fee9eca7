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
