from quorate.model.language import (
    Map,
    Message,
    Messages,
    Ordered,
    Protocol,
    Sort,
    action,
    durable,
    require,
)


class Acceptor(Sort): ...


class Value(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Accept(Message):
    b: Ballot
    v: Value


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    sent: Messages[Accept]

    @action
    def phase2b(self, a: Acceptor, b: Ballot, v: Value) -> None:
        require(any(m.b == v for m in self.sent[Accept]))
        self.max_bal[a] = b
