from typing import ClassVar

from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Protocol,
    Sort,
    action,
    define,
    durable,
    enabled,
    fifo,
    invariant,
)


class Server(Sort): ...


class Depth(Nat): ...


class Ping(Message, link=("a", "b")):
    a: Server
    b: Server


class Pings(Protocol):
    faults: ClassVar = {"crash": 1}
    up: Map[Server, bool] = durable(True)
    sent: Messages[Ping] = fifo(Depth)

    @action
    def ping(self, a: Server, b: Server) -> None:
        self.sent.add(Ping(a, b))

    @action
    def receive(self, m: Ping, b: Server) -> None:
        self.up[b] = True

    @action(fault="crash")
    def crash_one(self, a: Server) -> None:
        self.up[a] = False

    @define
    def is_up(self, a: Server) -> bool:
        return self.up[a]

    @invariant
    def misspelt(self) -> bool:
        return all(enabled(self.pings, a, b) for a in Server for b in Server)

    @invariant
    def a_define(self) -> bool:
        return all(enabled(self.is_up, a) for a in Server)

    @invariant
    def a_fault(self) -> bool:
        return all(enabled(self.crash_one, a) for a in Server)

    @invariant
    def in_order(self) -> bool:
        return any(enabled(self.receive, Ping(a, b), b) for a in Server for b in Server)
