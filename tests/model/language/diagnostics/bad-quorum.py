from quorate.model.language import Flexible, Majority, Map, Ordered, Protocol, Sort, action, durable


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Quorum(Majority): ...


class Phase2(Flexible[Acceptor], meets=Quorum): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action
    def phase2a(self, a: Acceptor, b: Ballot, q: Quorum, r: Phase2) -> None:
        self.max_bal[a] = b
