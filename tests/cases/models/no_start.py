"""A protocol that cannot begin: `@init` asks for what is not so before it."""

from quorate.model.language import Map, Protocol, Sort, action, init, invariant, require, volatile


class Node(Sort): ...


class NoStart(Protocol):
    flag: Map[Node, bool] = volatile(False)

    @init
    def start(self, n: Node) -> None:
        require(self.flag[n])
        self.flag[n] = True

    @action
    def clear(self, n: Node) -> None:
        self.flag[n] = False

    @invariant
    def clear_everywhere(self) -> bool:
        return all(not self.flag[n] for n in Node)
