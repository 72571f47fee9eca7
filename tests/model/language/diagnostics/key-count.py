from quorate.model.language import Map, Nat, Protocol, Sort, action, durable, init, require


class Acceptor(Sort): ...


class Value(Sort): ...


class Slot(Nat): ...


class Log(Protocol):
    log: Map[Acceptor, Slot, Value | None] = durable(None)

    @action
    def store(self, a: Acceptor, i: Slot, v: Value) -> None:
        require(self.log[a] is None)
        self.log[a, i] = v

    @init
    def begin(self, v: Value, edges: Map[Acceptor, Slot, bool]) -> None:
        for a in Acceptor:
            for i in Slot:
                self.log[a, i] = v if edges[a, i] else None
