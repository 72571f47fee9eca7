from quorate.model.language import Map, Message, Messages, Ordered, Protocol, Sort, action, durable


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Prepare(Message):
    b: Ballot


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    sent: Messages[Prepare]

    @action
    def reset(self) -> None:
        self.max_bal = Ballot.never

    @action
    def lose(self) -> None:
        self.sent = set()
