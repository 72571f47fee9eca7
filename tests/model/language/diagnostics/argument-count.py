from quorate.model.language import Map, Ordered, Protocol, Sort, action, define, durable, require


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @define
    def joined(self, a: Acceptor, b: Ballot) -> bool:
        return self.max_bal[a] >= b

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(not self.joined(a))
        self.max_bal[a] = b
