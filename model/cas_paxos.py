"""CASPaxos: a register without a log; each request changes what the one before left.

Rystsov: CASPaxos: Replicated State Machines without logs (2018), §2.2. A proposer asks a quorum for
the latest state that they accepted, applies its change to that, and has the result accepted by a
quorum. Only then is the client told.
"""

from .language import (
    Majority,
    Map,
    Message,
    Messages,
    Ordered,
    Protocol,
    Set,
    Sort,
    action,
    define,
    durable,
    invariant,
    reachable,
    require,
)


class Acceptor(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Quorum(Majority[Acceptor]): ...


class Prepare(Message):
    b: Ballot


class Promise(Message, key=("a", "b")):
    a: Acceptor
    b: Ballot
    vb: Ballot


class Accept(Message):
    b: Ballot


class Accepted(Message):
    a: Acceptor
    b: Ballot


class CasPaxos(Protocol):
    """Every change is different and has a ballot of its own, so a state is the set of ballots whose
    changes it contains; that of a ballot is in `changes`. A read is a change that changes nothing.
    """

    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    max_vbal: Map[Acceptor, Ballot] = durable(Ballot.never)
    changes: Map[Ballot, Set[Ballot]] = durable(frozenset())
    told: Set[Ballot] = durable(frozenset())
    sent: Messages[Prepare, Promise, Accept, Accepted]

    @action
    def prepare(self, b: Ballot) -> None:
        self.sent.add(Prepare(b))

    @action
    def promise(self, a: Acceptor, b: Ballot) -> None:
        require(Prepare(b) in self.sent)
        require(self.max_bal[a] < b)
        self.max_bal[a] = b
        self.sent.add(Promise(a, b, self.max_vbal[a]))

    @action
    def change(self, b: Ballot, q: Quorum, m: Promise) -> None:
        """Apply the change to the state of the highest ballot promised, or to the first state."""
        require(Accept(b) not in self.sent)
        require(m.b == b and m.a in q)
        require(all(any(n.a == a and n.b == b for n in self.sent[Promise]) for a in q))
        require(all(n.vb <= m.vb for n in self.sent[Promise] if n.b == b and n.a in q))
        self.changes[b] = {b} if m.vb == Ballot.never else self.changes[m.vb] | {b}
        self.sent.add(Accept(b))

    @action
    def accept(self, a: Acceptor, b: Ballot) -> None:
        require(Accept(b) in self.sent)
        require(self.max_bal[a] <= b)
        self.max_bal[a] = b
        self.max_vbal[a] = b
        self.sent.add(Accepted(a, b))

    @action
    def tell(self, b: Ballot) -> None:
        """A quorum accepted: the client learns the new state."""
        require(self.chosen(b))
        self.told = self.told | {b}

    @define
    def chosen(self, b: Ballot) -> bool:
        return any(all(Accepted(a, b) in self.sent for a in q) for q in Quorum)

    @invariant
    def linearizable(self) -> bool:
        """Of two states that clients saw, that of the higher ballot contains the other's change."""
        return all(b in self.changes[c] for b in self.told for c in self.told if b < c)

    @reachable
    def two_clients_are_told(self) -> bool:
        return any(b != c for b in self.told for c in self.told)
