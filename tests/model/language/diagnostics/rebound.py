from quorate.model.language import Map, Ordered, Protocol, Sort, action, durable


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        latest = self.max_bal[a]
        latest = max(latest, b)
        self.max_bal[a] = latest
