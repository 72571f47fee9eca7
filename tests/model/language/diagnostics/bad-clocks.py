from quorate.model.language import Map, Nat, Protocol, Sort, action, clocks, durable, require


class Node(Sort): ...


class Time(Nat): ...


class Drift(Nat): ...


class Flat(Protocol):
    wall: Time = clocks(drift=Drift)
    clock: Map[Node, Time] = clocks(drift=Drift)
    done: Map[Node, bool] = durable(False)

    @action
    def finish(self, n: Node) -> None:
        require(self.clock[n] > 1)
        self.done[n] = True
