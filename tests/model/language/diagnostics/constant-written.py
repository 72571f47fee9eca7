from quorate.model.language import Const, Map, Protocol, Sort, action, durable, volatile


class Node(Sort): ...


class Line(Protocol):
    after: Const[Map[Node, Node | None]] = durable(None)
    link: Const[Map[Node, Node, bool]] = volatile(False)
    seen: Map[Node, bool] = durable(False)

    @action
    def grow(self, n: Node, m: Node) -> None:
        self.seen[n] = True
        if self.after[n] is None:
            self.after[n] = m

    @action(fault="crash")
    def stop(self, n: Node) -> None:
        self.crash(n)
