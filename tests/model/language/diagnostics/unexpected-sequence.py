from quorate.model.language import Map, Nat, Ordered, Protocol, Seq, Sort, action, durable


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Length(Nat): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    queue: Seq[Acceptor, Length] = durable(())

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        self.max_bal[a] = b, a

    @action
    def leave(self, a: Acceptor) -> None:
        self.queue = [x for x in self.queue if x != a]

    @action
    def restart(self, a: Acceptor) -> None:
        self.queue = tuple(self.queue)
