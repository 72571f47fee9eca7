from quorate.model.language import (
    Majority,
    Map,
    Message,
    Messages,
    Ordered,
    Protocol,
    Sort,
    action,
    durable,
)


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Quorum(Majority[Acceptor]): ...


class Snapshot(Message):
    latest: Map[Acceptor, Ballot]


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    sent: Messages[Snapshot]

    @action
    def publish(self, q: Quorum) -> None:
        self.sent.add(Snapshot({a: self.max_bal[a] for a in q}))

    @action
    def forget(self, q: Quorum) -> None:
        self.max_bal = {a: Ballot.never for a in q}
