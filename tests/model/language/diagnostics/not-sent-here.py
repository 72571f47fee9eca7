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


class Prepare(Message):
    b: Ballot


class Promise(Message):
    a: Acceptor
    b: Ballot
    vb: Ballot
    v: Value | None


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    sent: Messages[Prepare]

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(Prepare(b) in self.sent)
        self.sent.add(Promise(a, b, self.max_bal[a], None))
