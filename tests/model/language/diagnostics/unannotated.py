from quorate.model.language import Map, Ordered, Protocol, Sort, action, durable, volatile


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    max_val = durable(None)

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        self.max_bal[a] = b


class Forgetful(Paxos):
    max_bal = volatile(Ballot.never)
