from quorate.model.language import Map, Ordered, Protocol, Sort, action, volatile


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = volatile(Ballot.never)

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        self.max_bal[a] = b

    @action(fault="crash")
    def crash(self, a: Acceptor) -> None:
        self.crash(a)
