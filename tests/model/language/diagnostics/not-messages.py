from quorate.model.language import Map, Ordered, Protocol, Set, Sort, action, durable


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    votes: Map[Ballot, Set[Acceptor]] = durable(frozenset())

    @action
    def vote(self, a: Acceptor, b: Ballot) -> None:
        self.votes.add(a)
