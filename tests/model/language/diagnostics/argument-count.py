from quorate.model.language import (
    Map,
    Message,
    Messages,
    Nat,
    Ordered,
    Protocol,
    Sort,
    action,
    define,
    durable,
    fifo,
    require,
)


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Depth(Nat): ...


class Hear(Message, link=("a", "b")):
    a: Acceptor
    b: Acceptor


class Paxos(Protocol):
    queued: Messages[Hear] = fifo(Depth)
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @define
    def joined(self, a: Acceptor, b: Ballot) -> bool:
        return self.max_bal[a] >= b

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(not self.joined(a))
        self.max_bal[a] = b

    @action
    def disconnect(self, a: Acceptor, b: Acceptor) -> None:
        self.queued.drop(a, b, left=1)
