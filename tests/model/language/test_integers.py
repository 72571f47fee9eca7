"""Numbers that may be negative, in every reading."""

from __future__ import annotations

import itertools
import operator

import pytest

import quorate
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.ground.arithmetic import Signed, above_of, computed, signed
from quorate.checker.ground.nodes import Graph
from quorate.checker.results import Outcome
from quorate.model.language import Int

from ...support.searching import explorer
from ...support.strategies import Source, loaded

TEXT = """
from quorate.model.language import *

class Node(Sort): ...
class Num(Nat): ...
class Delta(Int, low=-2, high=1): ...
class Hop(Record):
    by: Delta
    at: Node
class Move(Message):
    by: Delta

class Proto(Protocol):
    d: Delta = durable(-2)
    n: Num = durable(1)
    at: Map[Delta, bool] = durable(False)
    last: Map[Node, Delta | None] = durable(None)
    hops: Seq[Hop, Num] = durable(())
    seen: Set[Delta] = durable(frozenset())
    sent: Messages[Move]

    @define
    def turned(self, d: Delta) -> Delta:
        return -d if d > -2 else d

    @action
    def step(self, x: Node, e: Delta) -> None:
        require(self.n - 1 <= e - self.d and self.d * e % 3 != 1)
        d = self.d
        self.last[x] = d + e if -2 <= d + e <= 1 else None
        self.at[d // 2] = True
        self.hops = (Hop(-2, x),)
        self.seen = {max(d, e)}
        self.d = self.turned(e)

    @action
    def send(self, x: Node) -> None:
        last = self.last[x]
        require(last is not None and last < 0 and not self.sent[Move])
        self.sent.add(Move(last % -3))
        self.n = -last // 3 + 1

    @action
    def receive(self, m: Move) -> None:
        require(m.by - 1 not in self.seen)
        self.d = m.by

    @invariant
    def small(self) -> bool:
        return all(h.by * 3 == -6 for h in self.hops)

    @invariant
    def in_range(self) -> bool:
        return all(-7 < 2 * m.by <= 0 for m in self.sent[Move])

    @reachable
    def down(self) -> bool:
        return any(self.at[e] and e == -2 for e in Delta) and len(self.seen) > 0
"""

PROVED = """
from quorate.model.language import *

class Node(Sort): ...
class Delta(Int, low=-5, high=5): ...

class Proto(Protocol):
    credit: Map[Node, Delta] = durable(0)

    @action
    def move(self, a: Node, b: Node) -> None:
        require(a != b and self.credit[a] > -4 and self.credit[b] + 2 <= 4)
        mine = self.credit[a]
        yours = self.credit[b]
        self.credit[a] = mine - 2
        self.credit[b] = yours + 2

    @invariant
    def even(self) -> bool:
        return all(self.credit[a] % 2 == 0 for a in Node)
"""


def test_every_search_computes_as_python_does() -> None:
    with loaded(Source(TEXT, {}, {})) as protocol:
        sizes = protocol.sized(Node=1, Num=2)
        oracle, found = explore_reference(protocol, sizes), explorer(protocol, sizes).run()
    assert oracle.outcome is found.outcome is Outcome.HOLDS
    assert (oracle.states, oracle.transitions) == (found.states, found.transitions)
    assert found.states > 10


WRONG = """
from quorate.model.language import *

class Num(Nat): ...
class Delta(Int, low=-3, high=2): ...

class Proto(Protocol):
    n: Num = durable(1)
    d: Delta = durable(-1)
    at: Map[Delta, bool] = durable(False)

    @action
    def step(self) -> None:
        EFFECT
"""


@pytest.mark.parametrize(
    "effect",
    [
        "self.d = self.d - 1",
        "self.d = self.n * 3",
        "self.n = self.d",
        "self.at[self.d * 5] = True",
        "require(self.at[self.d + 9])\n        self.n = 2",
        "self.d = self.d // (self.d + 1)",
    ],
)
def test_a_number_outside_its_range_is_a_mistake_in_the_model(effect: str) -> None:
    with loaded(Source(WRONG.replace("EFFECT", effect), {}, {})) as protocol:
        sizes = protocol.sized(Num=5)
        for found in (explore_reference(protocol, sizes), explorer(protocol, sizes).run()):
            assert found.outcome is Outcome.UNDEFINED


MEMBERS = """
from quorate.model.language import *

class Num(Nat): ...
class Delta(Int, low=-3, high=3): ...

class Proto(Protocol):
    d: Delta = durable(0)
    n: Num = durable(0)

    @action
    def step(self, d: Delta, n: Num) -> None:
        few = {self.d, n, -2}
        require(self.d in {-1, 0, 1} and (d in few or n in {0, self.n}))
        self.d = d
        self.n = n

    @action
    def back(self) -> None:
        require(self.d + self.n in {2, -3} and self.n not in {self.d, 1})
        self.d = 0
"""


def test_alternatives_may_have_either_sign() -> None:
    with loaded(Source(MEMBERS, {}, {})) as protocol:
        sizes = protocol.sized(Num=2)
        oracle, found = explore_reference(protocol, sizes), explorer(protocol, sizes).run()
    assert (oracle.states, oracle.transitions) == (found.states, found.transitions)
    assert found.states > 10


def test_proved_for_any_number_of_elements() -> None:
    with loaded(Source(PROVED, {}, {})) as protocol:
        assert quorate.prove(protocol).holds
    with loaded(Source(PROVED.replace("+ 2 <= 4", "+ 2 <= 6"), {}, {})) as protocol:
        assert not quorate.prove(protocol).holds


OPERATIONS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}


@pytest.mark.parametrize("op", OPERATIONS)
def test_operations_agree_with_python(op: str) -> None:
    g = Graph()
    for x, y, more in itertools.product(range(-7, 8), range(-7, 8), (0, 2)):
        if y == 0 and op in ("//", "%"):
            continue
        one, other = Signed(x + 7 + more, 7 + more), signed(g, y)
        found = computed(g, op, one, other)
        assert found.bias >= 0 and found.scalar - found.bias == OPERATIONS[op](x, y)
        wanted = OPERATIONS[op](x, y)
        code, below, above = above_of(g, found, -3, 5)
        assert (below, above) == (wanted < -3, wanted > 5)
        assert code == (0 if below or above else wanted + 3)


@pytest.mark.parametrize(("low", "high"), [(1, 0), (0, 5000), ("a", 2)])
def test_a_range_has_ends(low: int, high: int) -> None:
    with pytest.raises(TypeError, match="expected whole numbers with low <= high"):
        type("Wrong", (Int,), {}, low=low, high=high)
    with pytest.raises(TypeError, match=r"`class Wrong\(Int, low=-3, high=3\)`"):
        type("Wrong", (Int,), {})
