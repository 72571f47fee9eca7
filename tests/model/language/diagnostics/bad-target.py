from quorate.model.language import (
    Map,
    Ordered,
    Protocol,
    Set,
    Sort,
    action,
    durable,
    require,
    step_property,
)


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Paxos(Protocol):
    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    seen: Set[tuple[Acceptor, Ballot]] = durable(frozenset())

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(self.max_bal[a] < b)
        max_bal[a] = b

    @action
    def forget(self, a: Acceptor) -> None:
        require(any(c == a for b, c, d in self.seen))
        self.seen = frozenset()

    @action
    def reset(self, a: Acceptor, q: Ballot) -> None:
        b, c = q
        self.max_bal[a] = q

    @step_property
    def grows(self, old: "Paxos", a: Acceptor) -> bool:
        old.max_bal = self.max_bal
        return old.max_bal[a] <= self.max_bal[a]
