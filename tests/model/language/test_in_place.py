"""`self.n[a] += 1` means `self.n[a] = self.n[a] + 1`, in CPython and for every engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from quorate.model.language import (
    Map,
    Nat,
    Protocol,
    Record,
    Seq,
    Set,
    Sort,
    action,
    durable,
    invariant,
    require,
)
from quorate.model.language.description import describe

from ...support.comparing.searches import compare


class Node(Sort): ...


class Count(Nat): ...


class Pair(Record):
    a: Count
    up: bool


class InPlace(Protocol):
    """`held` is a bag: how many there are of each."""

    held: Map[Node, Count] = durable(0)
    total: Count = durable(0)
    known: Map[Node, Set[Node]] = durable(frozenset())
    pair: Map[Node, Pair] = durable(Pair(0, False))
    log: Seq[Node, Count] = durable(())

    @action
    def put(self, n: Node, m: Node) -> None:
        require(any(self.total < c for c in Count))
        self.held[n] += 1
        self.total += 1
        self.known[n] |= {m}
        self.known[n] -= {n}
        self.log += (n,)
        self.pair[n].a += self.held[n]

    @action
    def take(self, n: Node) -> None:
        require(self.held[n] != 0)
        self.held[n] -= 1
        self.pair[n].a -= self.pair[n].a
        if self.held[n] == 0:
            self.known[n] &= self.known[n]

    @invariant
    def bounded(self) -> bool:
        return all(self.held[n] <= self.total for n in Node)


class WrittenOut(InPlace):
    @action
    def put(self, n: Node, m: Node) -> None:
        require(any(self.total < c for c in Count))
        self.held[n] = self.held[n] + 1
        self.total = self.total + 1
        self.known[n] = self.known[n] | {m}
        self.known[n] = self.known[n] - {n}
        self.log = self.log + (n,)  # noqa: RUF005
        self.pair[n].a = self.pair[n].a + self.held[n]

    @action
    def take(self, n: Node) -> None:
        require(self.held[n] != 0)
        self.held[n] = self.held[n] - 1
        self.pair[n].a = self.pair[n].a - self.pair[n].a
        if self.held[n] == 0:
            self.known[n] = self.known[n] & self.known[n]


def test_it_is_read_as_what_it_means() -> None:
    def actions(protocol: type[Protocol]) -> list[Any]:
        return [replace(a) for a in describe(protocol).actions]

    assert actions(InPlace) == actions(WrittenOut)


def test_python_does_the_same() -> None:
    assert compare(InPlace, InPlace.sized({}, Node=2, Count=1)) == "holds"
