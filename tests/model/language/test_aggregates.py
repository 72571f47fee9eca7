"""`sum`, and `min` and `max` of many, in every reading."""

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
class Delta(Int, low=-1, high=1): ...
class Ballot(Ordered, bottom="never"): ...
class Vote(Record):
    b: Ballot
    n: Num
class Cast(Message):
    a: Node
    b: Ballot
    n: Num

class Proto(Protocol):
    x: Map[Node, Num] = durable(0)
    d: Map[Node, Delta] = durable(0)
    log: Seq[Num, Num] = durable(())
    seen: Set[Ballot] = durable(frozenset())
    sent: Messages[Cast]
    best: Num | None = durable(None)

    @action
    def store(self, n: Node, k: Num) -> None:
        require(sum(self.x.values()) + k <= 2 and sum({self.x[m] for m in Node}) <= 1)
        self.x[n] = k
        self.log = (sum(self.log) + k,) if sum(self.log) == 0 else ()
        self.best = min(1, max(0, sum(self.d[m] for m in Node if self.x[m] > 0)))

    @action
    def lower(self, n: Node, d: Delta) -> None:
        require(sum(self.d[m] - 1 for m in Node) >= -2 and d < 1)
        self.d[n] = d

    @action
    def cast(self, n: Node, b: Ballot) -> None:
        require(b not in self.seen and max(self.seen, default=Ballot.never) < b)
        self.seen = self.seen | {b}
        self.sent.add(Cast(n, b, self.x[n]))

    @action
    def pick(self) -> None:
        require(len(self.seen) > 0)
        self.best = max(self.sent[Cast], key=lambda m: (m.b, m.n)).n

    @action
    def least(self) -> None:
        self.best = min((m.n for m in self.sent[Cast]), default=None)

    @invariant
    def top(self) -> bool:
        votes = [Vote(m.b, m.n) for m in self.sent[Cast]]
        latest = max(votes, key=lambda v: v.b, default=Vote(Ballot.never, 0))
        return not self.seen or (max(self.seen) == latest.b and min(v.n for v in votes) <= latest.n)
"""
SIZES = {"Node": 2, "Num": 1, "Ballot": 1}


def test_all_ways_of_exploring_agree() -> None:
    with loaded(Source(TEXT, SIZES, {})) as protocol:
        sizes = protocol.sized(**SIZES)
        oracle, found = explore_reference(protocol, sizes), explorer(protocol, sizes).run()
        assert oracle.outcome is found.outcome is Outcome.HOLDS
        assert (oracle.states, oracle.transitions) == (found.states, found.transitions)
        fewer = quorate.check(protocol, sizes=SIZES, symmetry=True).exploration
        assert fewer.orbits is not None and fewer.full_states == found.states > fewer.states


def test_each_has_a_form_in_tla() -> None:
    with loaded(Source(TEXT, SIZES, {})) as protocol:
        text = export(protocol, protocol.sized(**SIZES)).module
    assert "sum" not in text
    assert "Greatest(S) == CHOOSE " in text
    assert "GreatestBy({<<<<x2.b, x2.n>>, x2>> :" in text


HEAD = """
from quorate.model.language import *

class Node(Sort): ...
class Num(Nat): ...
class Proto(Protocol):
    x: Map[Node, Num] = durable(0)
    who: Node | None = durable(None)
    n: Num = durable(0)
    @action
    def store(self, n: Node, k: Num) -> None:
        self.x[n] = k
    @action
    def choose(self) -> None:
"""


@pytest.mark.parametrize(
    ("line", "what", "depth"),
    [
        ("self.n = max(self.x[m] for m in Node if self.x[m] > 0)", "the max of nothing", 1),
        (
            "self.who = min((m for m in Node), key=lambda m: self.x[m])",
            "several values for the min, with equal keys",
            1,
        ),
        ("self.n = sum(self.x[m] for m in Node)", "n = 2, but Num goes from 0 to 1", 3),
    ],
)
def test_what_is_undefined_comes_with_its_run(line: str, what: str, depth: int) -> None:
    """CPython and the kernel find the same step."""
    with loaded(Source(HEAD + f"        {line}\n", {}, {})) as protocol:
        sizes = protocol.sized(Node=2, Num=1)
        for found in (explore_reference(protocol, sizes), explorer(protocol, sizes).run()):
            assert found.outcome is Outcome.UNDEFINED and found.depth == depth
            assert found.undefined is None or found.undefined.what == what


def test_keys_that_tell_all_apart_choose_one() -> None:
    line = (
        "self.who = max((m for m in Node if self.x[m] > 0), key=lambda m: self.x[m], default=None)"
    )
    line = f"require(sum(self.x.values()) < 2)\n        {line}"
    with loaded(Source(HEAD + f"        {line}\n", {}, {})) as protocol:
        assert quorate.check(protocol, sizes={"Node": 2, "Num": 1}, invariants=[]).states == 12


MORE = pytest.mark.exhaustive

PROVED = """
from quorate.model.language import *

class Node(Sort): ...
class Ballot(Ordered, bottom="never"): ...
class Cast(Message):
    a: Node
    b: Ballot

class Proto(Protocol):
    b: Map[Node, Ballot] = durable(Ballot.never)
    sent: Messages[Cast]

    @action
    def cast(self, n: Node, b: Ballot) -> None:
        require(max(self.b[m] for m in Node) < b)
        self.b[n] = b
        self.sent.add(Cast(n, b))

    @invariant
    def apart(self) -> bool:
        return all(self.b[n] != self.b[m] or n == m or self.b[n] == Ballot.never
                   for n in Node for m in Node)

    @invariant
    def below(self) -> bool:
        sent = max((m.b for m in self.sent[Cast]), default=Ballot.never)
        return sent <= max(self.b[m] for m in Node)
"""
LOOK = """
    @action
    def look(self, n: Node) -> None:
        require(SENT)
        self.b[n] = self.b[n]
"""


def test_proved_for_any_number_of_elements() -> None:
    with loaded(Source(PROVED, {}, {})) as protocol:
        assert quorate.prove(protocol).holds
    with loaded(Source(PROVED.replace(") < b)", ") <= b)"), {}, {})) as protocol:
        found = quorate.prove(protocol)
    assert found.violation is not None and "apart" in found.violation


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ("max((m for m in Node), key=lambda m: self.b[m]) == n", False),
        pytest.param("max(m.b for m in self.sent[Cast]) == self.b[n]", False, marks=MORE),
        pytest.param(
            "not self.sent[Cast] or max(m.b for m in self.sent[Cast]) == self.b[n]",
            True,
            marks=MORE,
        ),
    ],
)
def test_that_there_is_one_is_an_obligation(test: str, holds: bool) -> None:
    text = PROVED + LOOK.replace("SENT", test)
    with loaded(Source(text, {}, {})) as protocol:
        found = quorate.prove(protocol)
    assert found.holds is holds
    assert holds or "undefined" in str(found.violation)


OUTSIDE = """
from quorate.model.language import *

class Node(Sort): ...
class Num(Nat): ...
class Ask(Message):
    a: Node
    n: Num

class Proto(Protocol):
    rank: Map[Node, Num] = durable(0)
    least: Num = durable(0)
    sent: Messages[Ask]

    @init
    def asked(self, a: Node, b: Node) -> None:
        require(a != b)
        self.rank[a] = 1
        self.sent.add(Ask(a, 0))
        self.sent.add(Ask(b, 1))

    @action
    def take(self, m: Ask) -> None:
        self.least = min((m.n for m in self.sent[Ask]), key=lambda n: (self.rank[m.a], n))

    @invariant
    def nothing_is_less(self) -> bool:
        return self.least == 0
"""


def test_a_key_knows_no_name_of_the_comprehension() -> None:
    """Its `m` is the parameter of the step, as in CPython: all keys begin with one rank."""
    with loaded(Source(OUTSIDE, {"Node": 2, "Num": 1}, {})) as protocol:
        sizes = protocol.sized(Node=2, Num=1)
        reference = explore_reference(protocol, sizes)
        found = explorer(protocol, sizes).run()
    for one in (reference, found):
        assert (one.outcome, one.states, one.transitions) == (Outcome.HOLDS, 2, 4)
