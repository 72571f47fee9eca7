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
    def phase2a(self, a: Acceptor, b: Ballot, v: Value) -> None:
        require(self.max_bal[b] <= b)
        self.sent.add(Accept(v, b))
