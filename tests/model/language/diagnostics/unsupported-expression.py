from quorate.model.language import (
    Map,
    Message,
    Messages,
    Ordered,
    Protocol,
    Sort,
    action,
    durable,
    invariant,
    require,
)


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Prepare(Message):
    b: Ballot


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    sent: Messages[Prepare]

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require((old := self.max_bal[a]) < b)
        self.max_bal[a] = b

    @invariant
    def bounded(self) -> bool:
        joined = lambda a: self.max_bal[a] != Ballot.never
        return all(joined(a) for a in Acceptor)
