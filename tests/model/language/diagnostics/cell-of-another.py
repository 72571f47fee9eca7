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
    invariant,
    require,
    volatile,
)


class Node(Sort): ...


class Count(Nat): ...


class Ping(Message, link=("src", "dst")):
    src: Node
    dst: Node


class Meddles(Protocol):
    seen: Map[Node, Count] = durable(0, private=True)
    busy: Map[Node, Node, bool] = volatile(False, private=True)
    sent: Messages[Ping]

    @action
    def ping(self, n: Node, m: Node) -> None:
        require(self.is_free(n) and not self.busy[m, n])
        self.sent.add(Ping(n, m))

    @action
    def answer(self, n: Node, other: Node, p: Ping) -> None:
        self.seen[n] = 1
        self.busy[n, other] = True
        self.seen[other] = 1

    @action
    def wait(self, n: Node) -> None:
        require(self.seen[n] < 1)
        for m in Node:
            self.busy[m, n] = False

    @action
    def forget(self, n: Node) -> None:
        self.seen = {m: 0 for m in Node}

    @action(by="environment")
    def storm(self, n: Node, m: Node) -> None:
        self.busy[n, m] = True
        self.busy[m, n] = True

    @define
    def is_free(self, x: Node) -> bool:
        return self.seen[x] == 0

    @invariant
    def properties_see_all(self) -> bool:
        return all(self.seen[n] <= 1 for n in Node)
