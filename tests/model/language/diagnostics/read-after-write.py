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


class Promise(Message):
    a: Acceptor
    b: Ballot
    vb: Ballot
    v: Value | None


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    sent: Messages[Promise]

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(self.max_bal[a] < b)
        self.sent.add(Promise(a, b, self.max_bal[a], None))
        if all(p.b == b for p in self.sent[Promise]):
            self.max_bal[a] = b
