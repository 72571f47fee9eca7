from quorate.model.language import Map, Nat, Protocol, Sort, action, constraint, durable, require


class Node(Sort): ...


class Count(Nat): ...


class Counters(Protocol):
    count: Map[Node, Count] = durable(0)

    @action
    def step(self, n: Node) -> None:
        require(any(self.count[n] < k for k in Count))
        self.count[n] += 1

    @constraint
    def few_of_each(self, n: Node) -> bool:
        return self.count[n] < 2

    @constraint
    def few(self) -> bool:
        return all(self.counts[n] < 2 for n in Node)

    @constraint
    def kept(self) -> int:
        return sum(self.count.values())
