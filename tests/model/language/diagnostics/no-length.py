from quorate.model.language import Map, Ordered, Protocol, Sort, action, durable, require


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    votes: Map[Acceptor, Ballot] = durable(Ballot.never)

    @action
    def vote(self, a: Acceptor, b: Ballot) -> None:
        require(len(self.votes[a]) > 1)
        self.votes[a] = b
