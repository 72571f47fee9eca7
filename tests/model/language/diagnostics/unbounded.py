from quorate.model.language import Map, Protocol, Sort, action, durable


class Acceptor(Sort): ...


class Paxos(Protocol):
    rounds: Map[Acceptor, int] = durable(0)

    @action
    def next_round(self, a: Acceptor) -> None:
        self.rounds[a] = self.rounds[a] + 1
