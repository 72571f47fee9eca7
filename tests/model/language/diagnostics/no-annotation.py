from quorate.model.language import Map, Ordered, Protocol, Sort, action, durable, invariant


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action
    def phase1b(self, a, b: Ballot) -> None:
        self.max_bal[a] = b

    @invariant
    def grows(self, old) -> bool:
        return all(old.max_bal[a] <= self.max_bal[a] for a in Acceptor)
