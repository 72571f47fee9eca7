from quorate.model.language import Map, Ordered, Protocol, Sort, action, durable, invariant


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action
    def phase1b(self, a: Acceptor, b: Ballot = Ballot.never) -> None:
        self.max_bal[a] = b

    @invariant
    def joined(self, a: Acceptor) -> bool:
        return self.max_bal[a] != Ballot.never
