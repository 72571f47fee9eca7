"""`tuple[A, B]`: plain tuples in CPython, records in every other reading."""

from __future__ import annotations

import pickle

import quorate
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.export.tla import export
from quorate.checker.results import Outcome
from quorate.checker.tracing.reading import TraceReader
from quorate.checker.tracing.values import show_value
from quorate.model.language import Sort
from quorate.model.language.declare.types import BoolType, SortType, tuple_type
from quorate.traces.itf import dumps_itf, loads_itf

from ...support.searching import explorer
from ...support.strategies import Source, loaded

TEXT = """
from quorate.model.language import *

class Node(Sort): ...
class Num(Nat): ...
class Put(Message):
    a: Node
    p: tuple[Node, Num]

class Proto(Protocol):
    x: Map[Node, tuple[Node, Num] | None] = durable(None)
    y: tuple[Num, bool] = durable((0, False))
    s: Set[tuple[Node, Num]] = durable(frozenset())
    log: Seq[tuple[Num, Num], Num] = durable(())
    sent: Messages[Put]

    @define
    def swapped(self, p: Node, k: Num) -> tuple[Num, Node]:
        return k, p

    @action
    def put(self, n: Node, m: Node, k: Num) -> None:
        require(self.x[n] is None and (m, k) not in self.s)
        self.x[n] = (m, k)
        self.s = self.s | {(m, k)}
        self.sent.add(Put(n, (m, k)))

    @action
    def bump(self, m: Put) -> None:
        a, k = m.p
        n, b = self.y
        require(k >= n and not b and self.swapped(a, k)[1] == a)
        self.y = (k, a == m.a)
        self.log = ((k, n),)

    @action
    def drop(self, n: Node) -> None:
        x = self.x[n]
        require(x is not None and x[1] > 0 and any(a == n and k > 0 for a, k in self.s))
        self.x[n] = None

    @invariant
    def known(self) -> bool:
        return all(m.p in self.s for m in self.sent[Put])

    @invariant
    def bounded(self) -> bool:
        return self.log == () or self.log[0] <= (1, 1)

    @invariant
    def one_at_most(self) -> bool:
        return all(self.log != ((k, 0),) for k in Num if k > 0)
"""


def test_all_ways_of_exploring_agree() -> None:
    with loaded(Source(TEXT, {}, {})) as protocol:
        sizes = protocol.sized(Node=1, Num=1)
        only = ["known", "bounded"]
        oracle = explore_reference(protocol, sizes, only=only)
        found = explorer(protocol, sizes, only=only).run()
        text = export(protocol, sizes).module
    assert oracle.outcome is found.outcome is Outcome.HOLDS
    assert (oracle.states, oracle.transitions) == (found.states, found.transitions)
    assert found.states > 5
    assert "x \\in [Node -> (Node \\X Num) \\cup {None}]" in text
    assert "/\\ y = <<0, FALSE>>" in text and "m.p[2]" in text


def test_a_trace_shows_tuples_and_is_read_back() -> None:
    sizes = {"Node": 1, "Num": 1}
    with loaded(Source(TEXT, sizes, {})) as protocol:
        result = quorate.check(protocol, sizes=sizes, invariants=["one_at_most"])
        assert result.exploration.violated == "one_at_most" and result.trace is not None
        assert "y: [0, False] → [1, True]" in repr(result)
        assert loads_itf(dumps_itf(result.trace)) == result.trace
        with protocol.sized(**sizes):
            t = protocol.variables()["log"].type
            assert TraceReader().value(((1, 0),), t) == ((1, 0),)


class Node(Sort): ...


def test_a_plain_tuple_stands_for_a_value() -> None:
    t = tuple_type((SortType(Node), BoolType()))
    value, plain = t.record(Node(0), True), (Node(0), True)
    assert value == plain and plain == value and hash(value) == hash(plain)
    assert value != (Node(1), True) and {plain: 1}[value] == 1
    assert show_value(value) == show_value(plain) == ("n0", True)
    assert pickle.loads(pickle.dumps(value)) == plain
    assert tuple_type((SortType(Node), BoolType())) is t


SETS = """
from quorate.model.language import *

class Node(Sort): ...

class Proto(Protocol):
    y: Map[Node, tuple[Set[Node], Node] | None] = durable(None)

    @action
    def put(self, n: Node, m: Node) -> None:
        self.y[n] = ({n, m}, m)
"""

PRESENT = """
from quorate.model.language import *

class Node(Sort): ...

class Proto(Protocol):
    last: tuple[Node, bool] | None = durable(None)

    @action
    def put(self, n: Node) -> None:
        require(self.last is None or self.last[1])
        self.last = (n, self.last is not None and self.last[0] != n)
"""


def test_a_tuple_may_hold_a_set() -> None:
    with loaded(Source(SETS, {}, {})) as protocol:
        sizes = protocol.sized(Node=2)
        truth, found = explore_reference(protocol, sizes), explorer(protocol, sizes).run()
        assert (truth.states, truth.transitions) == (found.states, found.transitions) == (9, 36)


def test_an_item_is_read_where_the_tuple_is_there() -> None:
    with loaded(Source(PRESENT, {}, {})) as protocol:
        sizes = protocol.sized(Node=2)
        truth, found = explore_reference(protocol, sizes), explorer(protocol, sizes).run()
        assert (truth.states, truth.transitions) == (found.states, found.transitions) == (3, 2)
