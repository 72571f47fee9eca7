from quorate.model.language import Map, Message, Messages, Ordered, Protocol, Sort, action, durable


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Snapshot(Message):
    latest: Map[Acceptor, Ballot]


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    sent: Messages[Snapshot]

    @action
    def publish(self) -> None:
        self.sent.add(Snapshot(self.max_bal))
