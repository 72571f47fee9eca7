"""A lock server whose messages are delivered at most once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Protocol,
    Sort,
    action,
    at_most_once,
    durable,
    invariant,
    reachable,
    require,
)


class Server(Sort): ...


class Client(Sort): ...


class Ask(Message, link=("c", "s")):
    c: Client
    s: Server


class Grant(Message, link=("s", "c")):
    s: Server
    c: Client


class Release(Message, link=("c", "s")):
    c: Client
    s: Server


class Lock(Protocol):
    holder: Map[Server, Client | None] = durable(None)
    asked: Map[Client, bool] = durable(False)
    holds: Map[Client, bool] = durable(False)
    sent: Messages[Ask, Grant, Release] = at_most_once()
    faults: ClassVar[Mapping[str, int]] = {"loss": 1}

    @action
    def ask(self, c: Client, s: Server) -> None:
        require(not self.asked[c])
        self.asked[c] = True
        self.sent.add(Ask(c, s))

    @action
    def grant(self, s: Server, m: Ask) -> None:
        require(self.holder[s] is None)
        self.holder[s] = m.c
        self.sent.add(Grant(s, m.c))

    @action
    def enter(self, c: Client, m: Grant) -> None:
        self.holds[c] = True

    @action
    def leave(self, c: Client, s: Server) -> None:
        require(self.holds[c])
        self.holds[c] = False
        self.asked[c] = False
        self.sent.add(Release(c, s))

    @action
    def free(self, s: Server, m: Release) -> None:
        self.holder[s] = None

    @action(fault="loss")
    def lose(self, m: Ask) -> None:
        """A message that is received for nothing is lost."""

    @action(fault="loss")
    def disconnect(self, c: Client) -> None:
        """All that is in flight to a client is lost."""
        require(any(m.c == c for m in self.sent[Grant]))
        for m in self.sent[Grant]:
            if m.c == c:
                self.sent.discard(m)

    @invariant
    def one_holds(self) -> bool:
        return all(not (self.holds[c] and self.holds[d]) or c == d for c in Client for d in Client)

    @reachable
    def held(self) -> bool:
        return any(self.holds[c] for c in Client)


class Duplicating(Lock):
    """The same, where what was sent may be delivered again: two clients hold the lock."""

    sent: Messages[Ask, Grant, Release]
    faults: ClassVar[Mapping[str, int]] = {}
    lose = disconnect = None


class Resending(Lock):
    """A client asks again while its request is in flight: a mistake in the model."""

    @action
    def ask(self, c: Client, s: Server) -> None:
        self.asked[c] = True
        self.sent.add(Ask(c, s))
