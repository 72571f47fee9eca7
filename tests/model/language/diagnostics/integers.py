from quorate.model.language import (
    Int,
    Map,
    Nat,
    Protocol,
    Sort,
    action,
    durable,
    invariant,
    require,
)


class Node(Sort): ...


class Count(Nat): ...


class Delta(Int, low=-3, high=3): ...


class Other(Int, low=0, high=9): ...


class Ledger(Protocol):
    credit: Map[Node, Delta] = durable(0)
    owed: Map[Node, Delta | None] = durable(None)
    total: Delta = durable(0)
    up: Map[Node, bool] = durable(True)

    @action
    def of_none(self, n: Node) -> None:
        self.credit[n] = self.owed[n] - 1

    @action
    def of_node(self, n: Node) -> None:
        self.credit[n] = self.credit[n] + n

    @action
    def of_bool(self, n: Node) -> None:
        self.credit[n] = -self.up[n]

    @action
    def divided(self, n: Node) -> None:
        self.credit[n] = self.credit[n] / 2

    @action
    def powered(self, n: Node) -> None:
        self.credit[n] = self.credit[n] ** 2

    @action
    def as_condition(self, n: Node) -> None:
        require(self.credit[n])
        self.total = 0

    @action
    def as_value(self, n: Node) -> None:
        self.total = Delta

    @action
    def made(self, n: Node) -> None:
        self.total = Delta(1)

    @action
    def absolute(self, n: Node) -> None:
        self.total = abs(self.total)

    @action
    def stepped(self, n: Node) -> None:
        self.total += 1

    @invariant
    def never_none(self) -> bool:
        return all(self.credit[n] is not None for n in Node)

    @invariant
    def compared(self) -> bool:
        return all(self.credit[n] < n for n in Node)

    @invariant
    def identical(self) -> bool:
        return all(self.credit[n] is self.total for n in Node)

    @invariant
    def of_two(self) -> bool:
        return self.total in (-1, 0, 1)
