"""Nothing is claimed: nothing can be said to hold."""

from quorate.model.language import Map, Protocol, Sort, action, durable, require


class P(Sort): ...


class Quiet(Protocol):
    on: Map[P, bool] = durable(False)

    @action
    def start(self, p: P) -> None:
        require(not self.on[p])
        self.on[p] = True
