from quorate.model.language import Map, Ordered, Protocol, Sort, action, define, durable, require


class Acceptor(Sort): ...


class Value(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    max_val: Map[Acceptor, Value | None] = durable(None)

    @define
    def latest(self, a: Acceptor, b: Ballot):
        return self.max_val[a] if self.max_bal[a] == b else self.max_bal[a]

    @action
    def phase2b(self, a: Acceptor, b: Ballot, v: Value) -> None:
        require(self.latest(a, b) == v)
        self.max_bal[a] = b
