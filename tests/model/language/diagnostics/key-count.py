from quorate.model.language import Map, Nat, Protocol, Sort, action, durable, require


class Acceptor(Sort): ...


class Value(Sort): ...


class Slot(Nat): ...


class Log(Protocol):
    log: Map[Acceptor, Slot, Value | None] = durable(None)

    @action
    def store(self, a: Acceptor, i: Slot, v: Value) -> None:
        require(self.log[a] is None)
        self.log[a, i] = v
