from quorate.model.language import Map, Protocol, Sort, action, durable


class Acceptor(Sort): ...


class Value(Sort): ...


class Paxos(Protocol):
    max_val: Map[Acceptor, Value | None] = durable(None)
    decided: Value | None = durable(None)

    @action
    def learn(self) -> None:
        for v in Value:
            self.decided = v

    @action
    def rotate(self, b: Acceptor) -> None:
        for a in Acceptor:
            self.max_val[a] = self.max_val[b]
