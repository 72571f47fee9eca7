"""Multi-Paxos: many instances of Paxos under one leader, with a single phase 1 for all of them.

Lamport: Paxos Made Simple (2001), §3. A promise carries the acceptor's vote in every slot, as a
map; the new leader proposes what it recovered, and its own commands where nothing was voted for.
"""

from .language import *


# fmt: off
class Proposer(Sort): ...
class Acceptor(Sort): ...
class Slot(Sort): ...
class Value(Sort): ...
class Ballot(Ordered, bottom="never"): ...
class Quorum(Majority[Acceptor]): ...
# fmt: on


class Prepare(Message):
    b: Ballot


class Promise(Message, key=("a", "b")):
    a: Acceptor
    b: Ballot
    ballots: Map[Slot, Ballot]
    values: Map[Slot, Value | None]


class Accept(Message, key=("b", "s")):
    b: Ballot
    s: Slot
    v: Value


class Accepted(Message):
    a: Acceptor
    b: Ballot
    s: Slot
    v: Value


class MultiPaxos(Protocol):
    """An acceptor persists and replies in one step, so a crash of it loses nothing."""

    faults = {"crash": 1}

    used: Map[Proposer, Ballot] = durable(Ballot.never)
    ballot: Map[Proposer, Ballot] = volatile(Ballot.never)
    leads: Map[Proposer, bool] = volatile(False)
    recovered: Map[Proposer, Slot, Value | None] = volatile(None)
    promised: Map[Acceptor, Ballot] = durable(Ballot.never)
    voted_ballot: Map[Acceptor, Slot, Ballot] = durable(Ballot.never)
    voted_value: Map[Acceptor, Slot, Value | None] = durable(None)
    sent: Messages[Prepare, Promise, Accept, Accepted]

    @action
    def prepare(self, p: Proposer, b: Ballot) -> None:
        require(Prepare(b) not in self.sent)  # a ballot is used once, by one proposer
        require(self.used[p] < b)  # after a crash, too (§2.5)
        self.used[p] = b
        self.ballot[p] = b
        self.leads[p] = False
        for s in Slot:
            self.recovered[p, s] = None
        self.sent.add(Prepare(b))

    @action
    def promise(self, a: Acceptor, m: Prepare) -> None:
        require(self.promised[a] < m.b)
        ballots = {s: self.voted_ballot[a, s] for s in Slot}
        values = {s: self.voted_value[a, s] for s in Slot}
        self.sent.add(Promise(a, m.b, ballots, values))
        self.promised[a] = m.b

    @action
    def lead(self, p: Proposer, q: Quorum) -> None:
        """A quorum has promised: in each slot the vote of the highest ballot must be repeated."""
        require(not self.leads[p])
        require(all(any(m.a == a and m.b == self.ballot[p] for m in self.sent[Promise]) for a in q))
        for s in Slot:
            for v in Value:
                if self.is_latest(self.ballot[p], q, s, v):
                    self.recovered[p, s] = v
        self.leads[p] = True

    @action
    def propose(self, p: Proposer, s: Slot, v: Value) -> None:
        require(self.leads[p])
        require(self.is_safe(p, s, v))
        require(not any(m.b == self.ballot[p] and m.s == s for m in self.sent[Accept]))
        self.sent.add(Accept(self.ballot[p], s, v))

    @action
    def accept(self, a: Acceptor, m: Accept) -> None:
        require(self.promised[a] <= m.b)
        require(Accepted(a, m.b, m.s, m.v) not in self.sent)
        self.promised[a] = m.b
        self.voted_ballot[a, m.s] = m.b
        self.voted_value[a, m.s] = m.v
        self.sent.add(Accepted(a, m.b, m.s, m.v))

    @action(fault="crash")
    def crash_proposer(self, p: Proposer) -> None:
        self.crash(p)

    @define
    def is_latest(self, b: Ballot, q: Quorum, s: Slot, v: Value) -> bool:
        votes = [m for m in self.sent[Promise] if m.b == b and m.a in q]
        told = [m for m in votes if m.values[s] == v]
        return any(all(n.ballots[s] <= m.ballots[s] for n in votes) for m in told)

    @define
    def is_safe(self, p: Proposer, s: Slot, v: Value) -> bool:
        return self.recovered[p, s] is None or self.recovered[p, s] == v

    @define
    def chosen(self, b: Ballot, s: Slot, v: Value) -> bool:
        return any(all(Accepted(a, b, s, v) in self.sent for a in q) for q in Quorum)

    @define
    def decided(self, s: Slot, v: Value) -> bool:
        return any(self.chosen(b, s, v) for b in Ballot)

    @invariant
    def agreement(self) -> bool:
        return all(
            v == w
            for s in Slot
            for v in Value
            for w in Value
            if self.decided(s, v) and self.decided(s, w)
        )

    @invariant
    def one_value_per_ballot_and_slot(self) -> bool:
        accepts = self.sent[Accept]
        return all(m.v == n.v for m in accepts for n in accepts if m.b == n.b and m.s == n.s)

    @invariant
    def votes_were_proposed(self) -> bool:
        return all(
            Accept(m.b, m.s, m.v) in self.sent and m.b <= self.voted_ballot[m.a, m.s]
            for m in self.sent[Accepted]
        )

    @reachable
    def every_slot_is_decided(self) -> bool:
        return all(any(self.decided(s, v) for v in Value) for s in Slot)


class RestartingMultiPaxos(MultiPaxos):
    """Acceptors crash too. That changes nothing here: it is for code, which may forget."""

    @action(fault="crash")
    def crash_acceptor(self, a: Acceptor) -> None:
        self.promised[a] = self.promised[a]  # it finds what it kept
