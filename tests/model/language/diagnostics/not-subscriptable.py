from quorate.model.language import Map, Ordered, Protocol, Sort, action, durable, require


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    last: tuple[Ballot, Ballot] = durable((Ballot.never, Ballot.never))

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(self.max_bal[a][b] < b)
        self.max_bal[a] = b

    @action
    def phase2b(self, a: Acceptor, b: Ballot) -> None:
        require(self.last[2] < b)
        self.max_bal[a] = b
