from quorate.model.language import Map, Nat, Protocol, Sort, action, durable, require


class Node(Sort): ...


class Count(Nat): ...


class Totals(Protocol):
    up: Map[Node, bool] = durable(True)
    load: Map[Node, Count] = durable(0)
    total: Count = durable(0)

    @action
    def count(self, n: Node) -> None:
        require(sum(self.up[m] for m in Node) > 1)
        self.total = 0

    @action
    def from_one(self, n: Node) -> None:
        self.total = sum((1 for m in Node), 1)

    @action
    def of_three(self, n: Node) -> None:
        self.total = max(1, 2, self.total)

    @action
    def of_nodes(self, n: Node) -> None:
        require(max(m for m in Node) == n)
        self.total = 0

    @action
    def other_default(self, n: Node) -> None:
        self.total = max((self.total for m in Node), default=n)

    @action
    def no_lambda(self, n: Node) -> None:
        require(max(Node, key=self.load) == n)
        self.total = 0
