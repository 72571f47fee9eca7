from quorate.model.language import Map, Protocol, Sort, action, define, durable, require


class Acceptor(Sort): ...


class Tree(Protocol):
    parent: Map[Acceptor, Acceptor | None] = durable(None)

    @define
    def above(self, a: Acceptor, b: Acceptor) -> bool:
        return self.parent[b] == a or any(
            self.parent[b] == c and self.above(a, c) for c in Acceptor
        )

    @action
    def attach(self, a: Acceptor, b: Acceptor) -> None:
        require(not self.above(b, a))
        self.parent[b] = a
