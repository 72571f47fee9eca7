from quorate.model.language import Message, Messages, Ordered, Protocol, Sort, action


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Promise(Message, key=("a", "bal")):
    a: Acceptor
    b: Ballot


class Paxos(Protocol):
    sent: Messages[Promise]

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        self.sent.add(Promise(a, b))
