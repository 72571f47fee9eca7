from quorate.model.language import Map, Nat, Protocol, Sort, action, clocks


class Node(Sort): ...


class Time(Nat): ...


class Drift(Nat): ...


class Reset(Protocol):
    clock: Map[Node, Time] = clocks(drift=Drift)

    @action
    def reset(self, n: Node) -> None:
        if self.clock[n] > 1:
            self.clock[n] = 0
