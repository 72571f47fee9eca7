from quorate.model.language import Map, Ordered, Protocol, Sort, action, durable, require


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(self.max_bal[a] is None or self.max_bal[a] < b)
        self.max_bal[a] = b

    @action
    def forget(self, a: Acceptor) -> None:
        self.max_bal[a] = None
