from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Protocol,
    Sort,
    action,
    clocks,
    define,
    durable,
    invariant,
    require,
)


class Node(Sort): ...


class Time(Nat): ...


class Drift(Nat): ...


class Ping(Message, link=("src", "dst")):
    src: Node
    dst: Node


class Sees(Protocol):
    clock: Map[Node, Time] = clocks(drift=Drift)
    start: Map[Node, Time] = durable(0)
    sent: Messages[Ping]

    @action
    def ping(self, n: Node, m: Node) -> None:
        require(self.is_late(n) and not self.is_late(m))
        self.sent.add(Ping(n, m))

    @action
    def answer(self, n: Node, other: Node, p: Ping) -> None:
        require(self.clock[other] > 0)
        self.start[n] = self.clock[n]

    @action
    def wait(self, n: Node) -> None:
        require(all(self.clock[m] > 1 for m in Node))
        self.start[n] = 1

    @define
    def is_late(self, x: Node) -> bool:
        return self.clock[x] > self.start[x]

    @invariant
    def properties_see_all(self) -> bool:
        return all(self.clock[n] <= self.clock[m] + 1 for n in Node for m in Node)
