from quorate.model.language import Map, Protocol, Sort, action, at_most_once


class Acceptor(Sort): ...


class Paxos(Protocol):
    voted: Map[Acceptor, bool] = at_most_once()

    @action
    def vote(self, a: Acceptor) -> None:
        self.voted[a] = True
