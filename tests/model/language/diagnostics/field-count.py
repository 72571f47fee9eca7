from quorate.model.language import Map, Message, Messages, Ordered, Protocol, Sort, action, durable


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
    last: tuple[Ballot, Acceptor] | None = durable(None)
    sent: Messages[Promise]

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        self.sent.add(Promise(a, b, self.max_bal[a]))

    @action
    def phase2b(self, a: Acceptor, b: Ballot) -> None:
        self.last = (b, a, b)
