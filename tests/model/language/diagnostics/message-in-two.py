from quorate.model.language import Message, Messages, Ordered, Protocol, Sort, action


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


class Accept(Message):
    b: Ballot
    v: Value


class Paxos(Protocol):
    requests: Messages[Prepare, Accept]
    replies: Messages[Promise, Accept]

    @action
    def phase1a(self, b: Ballot) -> None:
        self.requests.add(Prepare(b))
