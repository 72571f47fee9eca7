from quorate.model.language import Map, Ordered, Protocol, Sort, action, define, durable, invariant


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        self.max_bal[a] = b

    @define
    def joined(self, b: Ballot) -> bool:
        return any(self.max_bal[a] == b for a in Acceptor)


class Checked(Paxos):
    @invariant
    def joined(self) -> bool:
        return True
