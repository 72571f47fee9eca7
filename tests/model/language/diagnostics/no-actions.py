from quorate.model.language import Map, Ordered, Protocol, Sort, durable, invariant


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @invariant
    def joined(self) -> bool:
        return all(self.max_bal[a] == Ballot.never for a in Acceptor)
