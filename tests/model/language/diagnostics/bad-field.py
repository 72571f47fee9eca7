from quorate.model.language import Message, Messages, Ordered, Protocol, action


class Ballot(Ordered, bottom="never"): ...


class Accept(Message):
    b: Ballot
    v: str


class Paxos(Protocol):
    sent: Messages[Accept]

    @action
    def phase2a(self, b: Ballot) -> None:
        self.sent.add(Accept(b, "a value"))
