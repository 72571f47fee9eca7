"""Two optional numbers compared where both are shown not to be None."""

from quorate.model.language import Nat, Protocol, action, durable, invariant


class N(Nat): ...


class Pair(Protocol):
    x: N | None = durable(None)
    y: N | None = durable(None)

    @action
    def put(self, n: N, m: N) -> None:
        self.x = n
        self.y = m

    @invariant
    def no_order(self) -> bool:
        return self.x is None or self.y is None or not self.x < self.y
