from quorate.model.language import (
    Message,
    Messages,
    Ordered,
    Protocol,
    Record,
    Sort,
    action,
    durable,
)


class Ballot(Ordered, bottom="never"): ...


class Acceptor(Sort): ...


class Tag(Record, order=True):
    b: Ballot
    a: Acceptor


class Accept(Message):
    b: Ballot
    v: str


class Paxos(Protocol):
    latest: Tag | None = durable(None)
    sent: Messages[Accept]

    @action
    def phase2a(self, b: Ballot) -> None:
        self.sent.add(Accept(b, "a value"))
