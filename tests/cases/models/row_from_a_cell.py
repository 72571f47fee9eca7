"""A row of a map updated from a cell read before the loop."""

from quorate.model.language import Map, Protocol, Set, Sort, action, durable, invariant


class Node(Sort): ...


class Learn(Protocol):
    table: Map[Node, Node, Set[Node]] = durable(frozenset())

    @action
    def see(self, here: Node, src: Node) -> None:
        known = self.table[here, src]
        for n in Node:
            self.table[here, n] = self.table[here, n] | known | {src}

    @invariant
    def fine(self) -> bool:
        return all(len(self.table[n, m]) <= len(self.table[n, m]) for n in Node for m in Node)
