from quorate.model.language import Map, Message, Messages, Protocol, Set, Sort, action, durable


class Node(Sort): ...


class View(Message):
    members: Set[Node]
    at: Node


class Views(Protocol):
    seen: Set[tuple[Set[Node], Node]] = durable(frozenset())
    known: Set[Set[Node]] = durable(frozenset())
    last: Map[Node, Set[Node]] = durable(frozenset())
    sent: Messages[View]

    @action
    def see(self, n: Node) -> None:
        self.seen = self.seen | {({n}, n)}
        self.sent.add(View({n}, n))

    @action
    def learn(self, n: Node) -> None:
        others = {m for m in Node if m != n}
        self.known = self.known | {others}

    @action
    def join(self, n: Node) -> None:
        self.known = {self.last[n] | {m} for m in Node}
        if ({n}, n) in self.seen:
            self.last[n] = {n}
