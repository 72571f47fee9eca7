"""Single-decree Paxos by roles: proposers, acceptors and learners that persist, reply and crash.

Lamport: Paxos Made Simple (2001), §2.2 (choosing), §2.3 (learning), §2.5 (what is stable). An
acceptor persists before it replies: a crash between the two is an interleaving of its own.
"""

from .language import *


# fmt: off
class Proposer(Sort): ...
class Acceptor(Sort): ...
class Learner(Sort): ...
class Value(Sort): ...
class Ballot(Ordered, bottom="never"): ...
class Phase1(Majority[Acceptor]): ...
class Phase2(Majority[Acceptor], meets=Phase1): ...
# fmt: on


class Prepare(Message):
    b: Ballot


class Promise(Message, key=("a", "b")):
    a: Acceptor
    b: Ballot
    vb: Ballot
    v: Value | None


class Accept(Message):
    b: Ballot
    v: Value


class Accepted(Message):
    a: Acceptor
    b: Ballot
    v: Value


class PaxosRoles(Protocol):
    """Ballots are numbers of nobody until a proposer takes one, for ever."""

    faults = {"crash": 1}

    owner: Map[Ballot, Proposer | None] = durable(None)

    ballot: Map[Proposer, Ballot] = volatile(Ballot.never)
    promises: Map[Proposer, Set[Acceptor]] = volatile(frozenset())
    best_ballot: Map[Proposer, Ballot] = volatile(Ballot.never)
    best_value: Map[Proposer, Value | None] = volatile(None)
    proposed: Map[Proposer, Value | None] = volatile(None)

    promised: Map[Acceptor, Ballot] = durable(Ballot.never)
    voted_ballot: Map[Acceptor, Ballot] = durable(Ballot.never)
    voted_value: Map[Acceptor, Value | None] = durable(None)
    owes_promise: Map[Acceptor, Ballot] = volatile(Ballot.never)
    owes_accepted: Map[Acceptor, Ballot] = volatile(Ballot.never)

    tally: Map[Learner, Ballot, Set[Acceptor]] = volatile(frozenset())
    committed: Map[Learner, Value | None] = durable(None)

    sent: Messages[Prepare, Promise, Accept, Accepted]

    # Phase 1: find out what may have been chosen.
    @action
    def prepare(self, p: Proposer, b: Ballot) -> None:
        require(self.may_take(p, b))
        self.owner[b] = p
        self.ballot[p] = b
        self.promises[p] = frozenset()
        self.best_ballot[p] = Ballot.never
        self.best_value[p] = None
        self.proposed[p] = None
        self.sent.add(Prepare(b))

    @action
    def receive_prepare(self, a: Acceptor, m: Prepare) -> None:
        require(self.owes_nothing(a))
        require(self.may_promise(a, m.b))
        require(not any(n.a == a and n.b == m.b for n in self.sent[Promise]))  # a duplicate
        self.promised[a] = m.b
        self.owes_promise[a] = m.b

    @action
    def reply_promise(self, a: Acceptor) -> None:
        require(self.owes_promise[a] != Ballot.never)
        self.sent.add(Promise(a, self.owes_promise[a], self.voted_ballot[a], self.voted_value[a]))
        self.owes_promise[a] = Ballot.never

    @action
    def receive_promise(self, p: Proposer, m: Promise) -> None:
        require(m.b == self.ballot[p])
        require(self.proposed[p] is None)
        require(m.a not in self.promises[p])
        self.promises[p] = self.promises[p] | {m.a}
        if self.outranks(m.vb, self.best_ballot[p]):
            self.best_ballot[p] = m.vb
            self.best_value[p] = m.v

    # Phase 2: have it chosen, or a value of one's own if nothing was.
    @action
    def propose(self, p: Proposer, v: Value) -> None:
        require(self.proposed[p] is None)
        require(self.phase1_done(p))
        require(self.is_safe(p, v))
        self.proposed[p] = v
        self.sent.add(Accept(self.ballot[p], v))

    @action
    def receive_accept(self, a: Acceptor, m: Accept) -> None:
        require(self.owes_nothing(a))
        require(self.may_accept(a, m.b))
        require(Accepted(a, m.b, m.v) not in self.sent)  # a duplicate
        self.promised[a] = m.b
        self.voted_ballot[a] = m.b
        self.voted_value[a] = m.v
        self.owes_accepted[a] = m.b

    @action
    def reply_accepted(self, a: Acceptor) -> None:
        require(self.owes_accepted[a] != Ballot.never and self.voted_value[a] is not None)
        self.sent.add(Accepted(a, self.owes_accepted[a], self.voted_value[a]))
        self.owes_accepted[a] = Ballot.never

    @action
    def receive_accepted(self, l: Learner, m: Accepted) -> None:
        require(m.a not in self.tally[l, m.b])
        heard = self.tally[l, m.b] | {m.a}
        if self.committed[l] is None and any(q <= heard for q in Phase2):
            self.committed[l] = m.v
        self.tally[l, m.b] = heard

    # A process that crashes restarts at once, with what it had persisted.
    @action(fault="crash")
    def crash_proposer(self, p: Proposer) -> None:
        self.crash(p)

    @action(fault="crash")
    def crash_acceptor(self, a: Acceptor) -> None:
        self.crash(a)

    @action(fault="crash")
    def crash_learner(self, l: Learner) -> None:
        self.crash(l)

    # The rules.
    @define
    def may_take(self, p: Proposer, b: Ballot) -> bool:
        return self.owner[b] is None and all(c < b for c in Ballot if self.owner[c] == p)

    @define
    def owes_nothing(self, a: Acceptor) -> bool:
        return self.owes_promise[a] == Ballot.never and self.owes_accepted[a] == Ballot.never

    @define
    def may_promise(self, a: Acceptor, b: Ballot) -> bool:
        return self.promised[a] < b or (self.promised[a] == b and self.voted_ballot[a] != b)

    @define
    def outranks(self, b: Ballot, best: Ballot) -> bool:
        return best < b

    @define
    def phase1_done(self, p: Proposer) -> bool:
        return any(q <= self.promises[p] for q in Phase1)

    @define
    def is_safe(self, p: Proposer, v: Value) -> bool:
        return self.best_value[p] is None or self.best_value[p] == v

    @define
    def may_accept(self, a: Acceptor, b: Ballot) -> bool:
        return self.promised[a] <= b

    @define
    def chosen(self, b: Ballot, v: Value) -> bool:
        return any(all(Accepted(a, b, v) in self.sent for a in q) for q in Phase2)

    @define
    def is_chosen(self, v: Value) -> bool:
        return any(self.chosen(b, v) for b in Ballot)

    @define
    def decided(self, v: Value) -> bool:
        return self.is_chosen(v) or any(self.committed[l] == v for l in Learner)

    # The properties.
    @invariant
    def agreement(self) -> bool:
        return all(v == w for v in Value for w in Value if self.decided(v) and self.decided(w))

    @invariant
    def one_value_per_ballot(self) -> bool:
        return all(m.v == n.v for m in self.sent[Accept] for n in self.sent[Accept] if m.b == n.b)

    @invariant
    def what_is_committed_was_chosen(self) -> bool:
        return all(self.is_chosen(v) for l in Learner for v in Value if self.committed[l] == v)

    @invariant
    def persist_before_reply(self) -> bool:
        return all(m.b <= self.promised[m.a] for m in self.sent[Promise]) and all(
            m.b < self.voted_ballot[m.a]
            or (m.b == self.voted_ballot[m.a] and m.v == self.voted_value[m.a])
            for m in self.sent[Accepted]
        )

    @reachable
    def a_value_is_committed(self) -> bool:
        return any(self.committed[l] is not None for l in Learner)
