from quorate.model.language import Map, Nat, Protocol, Record, Sort, action, durable, require


class Acceptor(Sort): ...


class Term(Nat): ...


class Entry(Record):
    term: Term


class Paxos(Protocol):
    leader: Map[Acceptor, Acceptor | None] = durable(None)
    last: Map[Acceptor, Entry] = durable(Entry(0))

    @action
    def elect(self, a: Acceptor, b: Acceptor) -> None:
        require(a < b)
        self.leader[a] = b

    @action
    def grant(self, a: Acceptor, b: Acceptor) -> None:
        require(self.last[a] <= self.last[b])
        self.leader[a] = b
