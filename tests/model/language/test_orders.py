"""Records that are compared by their fields, in every reading."""

from __future__ import annotations

import pytest

import quorate
from quorate.checker.explore.search.reference import explore_reference
from quorate.checker.export.tla import export
from quorate.checker.results import Outcome

from ...support.searching import explorer
from ...support.strategies import Source, loaded

TEXT = """
from quorate.model.language import *

class Node(Sort): ...
class Num(Nat): ...
class Delta(Int, low=-1, high=0): ...
class Ballot(Ordered, bottom="never"): ...
class Mark(Record, order=True):
    d: Delta
    n: Num
class Tag(Record, order=True):
    b: Ballot
    m: Mark

class Proto(Protocol):
    x: Tag = durable(Tag(Ballot.never, Mark(0, 0)))
    y: Map[Node, Tag] = durable(Tag(Ballot.never, Mark(0, 0)))
    told: Map[Node, bool] = durable(False)
    log: Seq[Num, Num] = durable(())

    @action
    def step(self, a: Node, b: Ballot, d: Delta, n: Num) -> None:
        require(TEST)
        self.x = Tag(b, Mark(d, n))
        marked = Tag(Ballot.never, self.y[a].m)
        self.told[a] = marked <= self.y[a] <= self.x or self.y[a].m == self.x.m

    @action
    def keep(self, a: Node) -> None:
        self.y[a] = max(self.x, self.y[a])

    @invariant
    def never_less(self) -> bool:
        top = max(self.y.values())
        return all(self.y[a] <= top for a in Node) and min(self.x, top) <= top
"""


MORE = pytest.mark.exhaustive


@pytest.mark.parametrize("op", ["<", *(pytest.param(x, marks=MORE) for x in ("<=", ">", ">="))])
def test_all_ways_of_exploring_agree(op: str) -> None:
    test = f"not self.told[a] or Tag(b, Mark(d, n)) {op} self.x"
    with loaded(Source(TEXT.replace("TEST", test), {}, {})) as protocol:
        sizes = protocol.sized(Node=1, Num=1, Ballot=1)
        oracle, found = explore_reference(protocol, sizes), explorer(protocol, sizes).run()
        text = export(protocol, sizes).module
    assert oracle.outcome is found.outcome is Outcome.HOLDS
    assert (oracle.states, oracle.transitions) == (found.states, found.transitions)
    assert found.states > 1
    assert f"[b |-> b, m |-> [d |-> d, n |-> n]].b {op[0]} x.b" in text


def test_all_fields_are_evaluated_though_the_first_decides() -> None:
    """As CPython does: what is undefined in a later field is a mistake in the model."""
    test = "self.x == Tag(b, Mark(d, n)) or Tag(b, Mark(d, self.log[0])) > self.x"
    with loaded(Source(TEXT.replace("TEST", test), {}, {})) as protocol:
        sizes = protocol.sized(Node=1, Num=1, Ballot=1)
        for found in (explore_reference(protocol, sizes), explorer(protocol, sizes).run()):
            assert found.outcome is Outcome.UNDEFINED


PROVED = """
from quorate.model.language import *

class Node(Sort): ...
class Num(Nat): ...
class Ballot(Ordered, bottom="never"): ...
class Tag(Record, order=True):
    n: Num
    b: Ballot

class Proto(Protocol):
    x: Tag = durable(Tag(0, Ballot.never))
    y: Map[Node, Tag] = durable(Tag(0, Ballot.never))

    @action
    def step(self, b: Ballot, n: Num) -> None:
        require(self.x < Tag(n, b))
        self.x = Tag(n, b)

    @action
    def keep(self, a: Node) -> None:
        self.y[a] = max(self.x, self.y[a])

    @invariant
    def latest(self) -> bool:
        return all(self.y[a] <= self.x for a in Node)
"""


@pytest.mark.parametrize(
    ("op", "holds"),
    [("<", True), pytest.param("<=", True, marks=MORE), pytest.param(">", False, marks=MORE)],
)
def test_proved_for_any_number_of_elements(op: str, holds: bool) -> None:
    with loaded(Source(PROVED.replace("self.x < Tag", f"self.x {op} Tag"), {}, {})) as protocol:
        assert quorate.prove(protocol).holds is holds
