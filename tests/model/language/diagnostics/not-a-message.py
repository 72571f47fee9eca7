from quorate.model.language import Message, Messages, Ordered, Protocol, action


class Ballot(Ordered, bottom="never"): ...


class Prepare(Message):
    b: Ballot


class Paxos(Protocol):
    sent: Messages[Prepare]

    @action
    def phase1a(self, b: Ballot) -> None:
        self.sent.add(b)
