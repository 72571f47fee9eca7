"""Effects that write or send the least or greatest of many, and maps as a whole, for any size."""

from __future__ import annotations

from random import Random

import pytest

from quorate.checker.prove.unbounded.proof import prove_unbounded
from quorate.checker.prove.unbounded.results import DEFINEDNESS, ProofStatus
from quorate.model.language import (
    Majority,
    Map,
    Message,
    Messages,
    Nat,
    Ordered,
    Protocol,
    Set,
    Sort,
    action,
    durable,
    init,
    invariant,
    require,
)

from ....support.strategies import generate
from .test_false import holds_where_explored


class Node(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Count(Nat): ...


class Quorum(Majority[Node]): ...


class Say(Message):
    b: Ballot


class CatchUp(Protocol):
    bal: Map[Node, Ballot] = durable(Ballot.never)
    high: Ballot = durable(Ballot.never)
    sent: Messages[Say]

    @action
    def vote(self, n: Node, b: Ballot) -> None:
        self.bal[n] = b
        self.high = b if self.high < b else self.high
        self.sent.add(Say(b))

    @action
    def catch_up(self, n: Node, q: Quorum) -> None:
        self.bal[n] = max(self.bal[m] for m in q)

    @action
    def say(self, q: Quorum) -> None:
        require(any(self.bal[n] != Ballot.never for n in q))
        self.sent.add(Say(max(self.bal[m] for m in q)))

    @action
    def exchange(self) -> None:
        self.bal = {
            n: max((self.bal[m] for m in Node if m != n), default=self.bal[n]) for n in Node
        }

    @invariant
    def none_is_above(self) -> bool:
        return all(self.bal[n] <= self.high for n in Node)

    @invariant
    def each_was_said(self) -> bool:
        return all(self.bal[n] == Ballot.never or Say(self.bal[n]) in self.sent for n in Node)

    @invariant
    def never_is_not_said(self) -> bool:
        return all(m.b != Ballot.never for m in self.sent[Say])


class SaysNever(CatchUp):
    @action
    def say(self, q: Quorum) -> None:
        self.sent.add(Say(max(self.bal[m] for m in q)))


class FallsBack(CatchUp):
    @action
    def catch_up(self, n: Node, q: Quorum) -> None:
        self.high = min(self.bal[m] for m in q)


class OfNone(CatchUp):
    @action
    def catch_up(self, n: Node, q: Quorum) -> None:
        self.bal[n] = max(self.bal[m] for m in Node if m != n)


class OfMany(CatchUp):
    last: Node | None = durable(None)

    @action
    def catch_up(self, n: Node, q: Quorum) -> None:
        self.last = max((m for m in q), key=lambda m: self.bal[m])


class Copies(Protocol):
    x: Map[Node, Ballot] = durable(Ballot.never)
    y: Map[Node, Ballot] = durable(Ballot.never)
    seen: Map[Node, Set[Ballot]] = durable(frozenset())

    @init
    def begin(self, f: Map[Node, Ballot], g: Map[Node, Set[Ballot]]) -> None:
        require(all(f[n] == f[m] for n in Node for m in Node))
        require(all(f[n] in g[n] for n in Node))
        self.x = f
        self.seen = g

    @action
    def copy(self) -> None:
        self.y = {n: self.x[n] for n in Node}

    @invariant
    def all_alike(self) -> bool:
        return all(self.x[n] == self.x[m] for n in Node for m in Node)

    @invariant
    def a_copy_was_seen(self) -> bool:
        return all(self.y[n] == Ballot.never or self.y[n] in self.seen[n] for n in Node)

    @invariant
    def what_is_there_was_seen(self) -> bool:
        return all(self.x[n] in self.seen[n] for n in Node)


class Counts(Protocol):
    """The same with numbers, which have a range to be in."""

    n: Map[Node, Count] = durable(0)
    top: Count = durable(0)

    @action
    def count(self, a: Node) -> None:
        require(any(self.n[a] < k for k in Count))
        self.n[a] += 1
        self.top = max(self.top, self.n[a])

    @action
    def hear(self, a: Node) -> None:
        self.n[a] = max(self.n[b] for b in Node)

    @action
    def look(self) -> None:
        self.top = max(self.n.values())

    @invariant
    def none_is_above(self) -> bool:
        return all(self.n[a] <= self.top for a in Node)


class CountsTooFar(Counts):
    @action
    def hear(self, a: Node) -> None:
        self.n[a] = max(self.n[b] + 1 for b in Node)


class LooksDown(Counts):
    @action
    def look(self) -> None:
        self.top = min(self.n.values())


@pytest.mark.parametrize("protocol", [CatchUp, Counts])
def test_what_is_written_and_sent_is_proved(protocol: type[Protocol]) -> None:
    assert prove_unbounded(protocol, refute=False).proved


@pytest.mark.parametrize(
    ("protocol", "name"),
    [
        pytest.param(SaysNever, "never_is_not_said", marks=pytest.mark.exhaustive),
        (FallsBack, "none_is_above"),
        (OfNone, DEFINEDNESS),
        (CountsTooFar, DEFINEDNESS),
        (LooksDown, "none_is_above"),
        pytest.param(OfMany, DEFINEDNESS, marks=pytest.mark.exhaustive),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_what_is_false_or_undefined_is_not(protocol: type[Protocol], name: str) -> None:
    found = prove_unbounded(protocol, refute=False, effort=0.5)
    assert found.unsupported is None
    assert found.invariant(name).status is ProofStatus.OPEN


def test_a_map_is_copied_as_a_whole() -> None:
    assert prove_unbounded(Copies, refute=False).proved


@pytest.mark.exhaustive
@pytest.mark.parametrize("start", range(0, 600, 100))
def test_what_is_proved_of_random_protocols_that_write_them_holds(start: int) -> None:
    for seed in range(start, start + 100):
        written = [
            x for x in generate(Random(seed)).text.splitlines() if " = m" in x or ".add" in x
        ]
        if any("max(" in x or "min(" in x for x in written):
            holds_where_explored(seed)
