"""Two answers to each question, on links that keep their order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

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
    invariant,
    reachable,
    require,
)


class Node(Sort): ...


class Depth(Nat): ...


class Ping(Message, link=("a", "b")):
    a: Node
    b: Node


class Pong(Message, link=("a", "b")):
    a: Node
    b: Node
    last: bool


class Echo(Protocol):
    sent: Messages[Ping, Pong] = fifo(Depth)
    waits: Map[Node, Node, bool] = durable(False)
    faults: ClassVar[Mapping[str, int]] = {"reset": 1}

    @action
    def ping(self, a: Node, b: Node) -> None:
        require(a != b and not self.waits[a, b])
        require(any(len(self.sent[a, b]) < n for n in Depth))
        self.waits[a, b] = True
        self.sent.add(Ping(a, b))

    @action
    def pong(self, b: Node, m: Ping) -> None:
        require(any(len(self.sent[b, m.a]) + 1 < n for n in Depth))
        self.sent.add(Pong(b, m.a, False))
        self.sent.add(Pong(b, m.a, True))

    @action
    def done(self, a: Node, m: Pong) -> None:
        if m.last:
            self.waits[a, m.a] = False

    @action(fault="reset")
    def reset(self, a: Node, b: Node) -> None:
        self.sent.drop(a, b)

    @invariant
    def who_is_answered_waits(self) -> bool:
        few = len(self.sent[Ping]) + len(self.sent[Pong]) <= 4
        return few and all(self.waits[m.a, m.b] for m in self.sent[Ping])

    @reachable
    def two(self) -> bool:
        return len([m for m in self.sent[Pong] if m.last]) == 2

    @reachable
    def has(self) -> bool:
        return any(Pong(a, b, True) in self.sent for a in Node for b in Node)


class Reordering(Echo):
    """The same messages as a set that only grows: the second answer overtakes the first."""

    sent: Messages[Ping, Pong]
    faults: ClassVar[Mapping[str, int]] = {}
    reset = who_is_answered_waits = None

    @action
    def ping(self, a: Node, b: Node) -> None:
        require(a != b and not self.waits[a, b])
        self.waits[a, b] = True
        self.sent.add(Ping(a, b))

    @action
    def pong(self, b: Node, m: Ping) -> None:
        self.sent.add(Pong(b, m.a, False))
        self.sent.add(Pong(b, m.a, True))


class Unbounded(Echo):
    """Three answers, whether the link has room for them or not."""

    @action
    def pong(self, b: Node, m: Ping) -> None:
        self.sent.add(Pong(b, m.a, False))
        self.sent.add(Pong(b, m.a, False))
        self.sent.add(Pong(b, m.a, True))


class Arriving(Echo):
    """What has arrived before the connection breaks is read afterwards."""

    @action(fault="reset")
    def reset(self, a: Node, b: Node, n: Depth) -> None:
        self.sent.drop(a, b, keep=n)


class Broadcasting(Echo):
    """A node asks all others at once."""

    @action
    def ping(self, a: Node, b: Node) -> None:
        require(not any(self.waits[a, c] for c in Node))
        require(a == b and all(any(len(self.sent[a, c]) < n for n in Depth) for c in Node))
        for c in Node:
            if c != a:
                self.waits[a, c] = True
                self.sent.add(Ping(a, c))
