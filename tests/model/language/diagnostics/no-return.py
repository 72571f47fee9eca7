from quorate.model.language import Map, Ordered, Protocol, Sort, action, durable, invariant


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        self.max_bal[a] = b

    @invariant
    def bounded(self) -> bool:
        all(self.max_bal[a] <= b for a in Acceptor for b in Ballot)
