from quorate.model.language import Map, Ordered, Protocol, Sort, action, define, durable, require


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @define
    def idle(self) -> bool:
        return all(self.max_bal[a] == Ballot.never for a in Acceptor)

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(self.idle)
        self.max_bal[a] = b
