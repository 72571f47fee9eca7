"""Single-decree Paxos as its author specified it: messages 1a, 1b, 2a, 2b as one growing set.

Lamport: Paxos Made Simple (2001), §2.2; the actions are those of his TLA+ module Paxos.
"""

from .language import (
    Majority,
    Map,
    Message,
    Messages,
    Ordered,
    Protocol,
    Sort,
    action,
    define,
    durable,
    invariant,
    reachable,
    require,
)


class Acceptor(Sort): ...


class Value(Sort): ...


class Ballot(Ordered, bottom="never"): ...


class Quorum(Majority[Acceptor]): ...


class Prepare(Message):
    b: Ballot


class Promise(Message, key=("a", "b")):
    a: Acceptor
    b: Ballot
    vb: Ballot
    v: Value | None


class Accept(Message, key="b"):
    b: Ballot
    v: Value


class Accepted(Message):
    a: Acceptor
    b: Ballot
    v: Value


class Paxos(Protocol):
    """Any number of proposers, implicit: whoever acts in a ballot is its proposer."""

    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    max_vbal: Map[Acceptor, Ballot] = durable(Ballot.never)
    max_val: Map[Acceptor, Value | None] = durable(None)
    sent: Messages[Prepare, Promise, Accept, Accepted]

    @action
    def phase1a(self, b: Ballot) -> None:
        self.sent.add(Prepare(b))

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(Prepare(b) in self.sent)
        require(self.max_bal[a] < b)
        self.sent.add(Promise(a, b, self.max_vbal[a], self.max_val[a]))
        self.max_bal[a] = b

    @action
    def phase2a(self, b: Ballot, v: Value, q: Quorum) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(n.vb <= m.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))

    @action
    def phase2b(self, a: Acceptor, b: Ballot, v: Value) -> None:
        require(Accept(b, v) in self.sent)
        require(self.max_bal[a] <= b)
        self.sent.add(Accepted(a, b, v))
        self.max_bal[a] = b
        self.max_vbal[a] = b
        self.max_val[a] = v

    @define
    def chosen(self, b: Ballot, v: Value) -> bool:
        return any(all(Accepted(a, b, v) in self.sent for a in q) for q in Quorum)

    @invariant
    def agreement(self) -> bool:
        return all(
            v == w
            for b in Ballot
            for v in Value
            for c in Ballot
            for w in Value
            if self.chosen(b, v) and self.chosen(c, w)
        )

    @invariant
    def one_value_per_ballot(self) -> bool:
        return all(m.v == n.v for m in self.sent[Accept] for n in self.sent[Accept] if m.b == n.b)

    @invariant
    def votes_were_proposed(self) -> bool:
        return all(
            Accept(m.b, m.v) in self.sent and m.b <= self.max_vbal[m.a] for m in self.sent[Accepted]
        )

    @invariant
    def latest_vote_is_recorded(self) -> bool:
        return all(
            self.max_vbal[a] <= self.max_bal[a]
            and (
                self.max_val[a] is None
                if self.max_vbal[a] == Ballot.never
                else any(
                    m.a == a and m.b == self.max_vbal[a] and m.v == self.max_val[a]
                    for m in self.sent[Accepted]
                )
            )
            for a in Acceptor
        )

    @invariant
    def promises_are_honest(self) -> bool:
        return all(
            m.b <= self.max_bal[m.a]
            and m.vb < m.b
            and (
                m.v is None
                if m.vb == Ballot.never
                else any(n.a == m.a and n.b == m.vb and n.v == m.v for n in self.sent[Accepted])
            )
            and not any(n.a == m.a and m.vb < n.b and n.b < m.b for n in self.sent[Accepted])
            for m in self.sent[Promise]
        )

    @invariant
    def earlier_ballots_are_closed(self) -> bool:
        """Nothing but the value of a later ballot can still be chosen in an earlier one."""
        return all(
            any(c < self.max_bal[a] and Accepted(a, c, w) not in self.sent for a in q)
            for m in self.sent[Accept]
            for c in Ballot
            for w in Value
            for q in Quorum
            if c < m.b and w != m.v
        )

    @reachable
    def a_value_is_chosen(self) -> bool:
        return any(self.chosen(b, v) for b in Ballot for v in Value)
