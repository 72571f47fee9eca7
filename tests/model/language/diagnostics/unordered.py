from quorate.model.language import Map, Protocol, Sort, action, durable, require


class Acceptor(Sort): ...


class Paxos(Protocol):
    leader: Map[Acceptor, Acceptor | None] = durable(None)

    @action
    def elect(self, a: Acceptor, b: Acceptor) -> None:
        require(a < b)
        self.leader[a] = b
