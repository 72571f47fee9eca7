from quorate.model.language import Map, Message, Messages, Ordered, Protocol, Sort, action, durable


class Acceptor(Sort): ...


class Value(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Accept(Message):
    b: Ballot
    v: Value


class Paxos(Protocol):
    max_val: Map[Acceptor, Value | None] = durable(None)
    sent: Messages[Accept]

    @action
    def phase2a(self, a: Acceptor, b: Ballot) -> None:
        self.sent.add(Accept(b, self.max_val[a]))
