from quorate.model.language import (
    Map,
    Message,
    Messages,
    Ordered,
    Protocol,
    Sort,
    action,
    durable,
    invariant,
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
    max_bal: Map[Acceptor, Ballot] = durable(None)
    max_val: Map[Acceptor, Value | None] = durable(None)
    sent: Messages[Prepare, Promise]

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(self.maxbal[a] < b)
        require(not self.max_val[a])
        self.sent.add(Promise(a, b, self.max_bal[a], self.max_val[a]))
        if self.sent[Promise]:
            self.max_bal[a] = b

    @invariant
    def agreement(self) -> bool:
        return all(m.v == n.v & m.b == n.b for m in self.sent[Promise] for n in self.sent[Promise])
