from quorate.model.language import Majority, Map, Ordered, Protocol, Sort, action, durable, require


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Quorum(Majority[Acceptor]): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action
    def phase2a(self, a: Acceptor, b: Ballot, q: Quorum) -> None:
        require(all(self.max_bal[a] == b))
        self.max_bal[a] = b
