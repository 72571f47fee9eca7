"""Small protocols, for the page."""

from __future__ import annotations

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Protocol,
    Sort,
    action,
    durable,
    init,
    invariant,
    reachable,
    require,
)


class Node(Sort): ...


class Ask(Message):
    n: Node


class Lock(Protocol):
    """Who asked may take the lock. Nobody looks whether it is taken."""

    held: Map[Node, bool] = durable(False)
    sent: Messages[Ask]

    @action
    def ask(self, n: Node) -> None:
        self.sent.add(Ask(n))

    @action
    def take(self, n: Node) -> None:
        require(Ask(n) in self.sent)
        require(not self.held[n])
        self.held[n] = True

    @action
    def hear(self, m: Ask) -> None:
        require(self.held[m.n])
        self.held[m.n] = False

    @invariant
    def one_at_a_time(self) -> bool:
        return all(not (self.held[n] and self.held[m]) or n == m for n in Node for m in Node)

    @reachable
    def it_is_held(self) -> bool:
        return any(self.held[n] for n in Node)


class Choice(Protocol):
    """One node begins with the lock."""

    held: Map[Node, bool] = durable(False)

    @init
    def begin(self, n: Node) -> None:
        self.held[n] = True

    @action
    def drop(self, n: Node) -> None:
        require(self.held[n])
        self.held[n] = False
