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


class Ballot(Ordered, bottom="never"): ...


class Prepare(Message):
    b: Ballot


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    sent: Messages[Prepare]

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(b in self.sent)
        require(Prepare(b) in self.sent[Prepare])
        require(b in [m.b for m in self.sent[Prepare]])
        self.max_bal[a] = b
