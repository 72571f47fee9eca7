from quorate.model.language import Map, Protocol, Sort, action, durable, require


class Acceptor(Sort): ...


class Value(Sort): ...


class Paxos(Protocol):
    max_val: Map[Acceptor, Value | None] = durable(None)

    @action
    def vote(self, a: Acceptor, v: Value) -> None:
        require(not self.max_val[a])
        self.max_val[a] = v
