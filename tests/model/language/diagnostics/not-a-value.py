from quorate.model.language import Map, Ordered, Protocol, Sort, action, durable, require


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


QUORUMS = {0: (0, 1), 1: (1, 2)}


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(any(self.max_bal[a] < b for q in QUORUMS))
        self.max_bal[a] = b
