from quorate.model.language import Map, Protocol, Sort, action, durable


class Proposer(Sort, short="p"): ...


class Process(Sort, short="p"): ...


class Paxos(Protocol):
    leader: Map[Process, Proposer | None] = durable(None)

    @action
    def follow(self, a: Process, p: Proposer) -> None:
        self.leader[a] = p
