"""Paxos broken in six ways, one rule at a time, and small protocols with every kind of value."""

from __future__ import annotations

import enum
from typing import ClassVar

from quorate.model.language import (
    Flexible,
    Majority,
    Map,
    Message,
    Messages,
    Nat,
    Ordered,
    Protocol,
    Record,
    Seq,
    Set,
    Sort,
    action,
    durable,
    init,
    invariant,
    require,
    volatile,
)
from quorate.model.paxos import (
    Accept,
    Accepted,
    Acceptor,
    Ballot,
    Paxos,
    Prepare,
    Promise,
    Quorum,
    Value,
)


class NoPromiseCheck(Paxos):
    """Values are proposed without a quorum of promises."""

    @action
    def phase2a(self, b: Ballot, v: Value, q: Quorum) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(n.vb <= m.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))


class AnyValue(Paxos):
    """The votes that promises report are not looked at."""

    @action
    def phase2a(self, b: Ballot, v: Value, q: Quorum) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        self.sent.add(Accept(b, v))


class AcceptWithoutComparing(Paxos):
    """A vote is cast also in a ballot below the promised one."""

    @action
    def phase2b(self, a: Acceptor, b: Ballot, v: Value) -> None:
        require(Accept(b, v) in self.sent)
        self.sent.add(Accepted(a, b, v))
        self.max_bal[a] = b
        self.max_vbal[a] = b
        self.max_val[a] = v


class PromiseNotRecorded(Paxos):
    """A promise is given once, but an acceptor forgets it."""

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(Prepare(b) in self.sent)
        require(self.max_bal[a] < b)
        require(not any(m.a == a and m.b == b for m in self.sent[Promise]))
        self.sent.add(Promise(a, b, self.max_vbal[a], self.max_val[a]))


class Proposal(Message):
    b: Ballot
    v: Value


class Vote(Message):
    a: Acceptor
    b: Ballot
    v: Value


class TwoAcceptsInABallot(Protocol):
    """A ballot may propose twice: the rest of Paxos is left out, for what matters is one ballot."""

    max_bal: Map[Acceptor, Ballot] = durable(Ballot.never)
    sent: Messages[Proposal, Vote]

    @action
    def propose(self, b: Ballot, v: Value) -> None:
        self.sent.add(Proposal(b, v))

    @action
    def vote(self, a: Acceptor, b: Ballot, v: Value) -> None:
        require(Proposal(b, v) in self.sent)
        require(self.max_bal[a] <= b)
        self.sent.add(Vote(a, b, v))
        self.max_bal[a] = b

    @invariant
    def agreement(self) -> bool:
        return not any(
            all(Vote(a, b, v) in self.sent for a in q)
            and all(Vote(a, b, w) in self.sent for a in r)
            for b in Ballot
            for v in Value
            for w in Value
            for q in Quorum
            for r in Quorum
            if v != w
        )


class Half(Flexible[Acceptor], size=lambda n: n // 2, meets=()): ...


class DisjointQuorums(Paxos):
    """Half of the acceptors, rounded down, count as a quorum."""

    @action
    def phase2a(self, b: Ballot, v: Value, q: Half) -> None:  # type: ignore[override]
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(n.vb <= m.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))

    @invariant
    def agreement(self) -> bool:
        return all(
            v == w
            for b in Ballot
            for v in Value
            for c in Ballot
            for w in Value
            if any(all(Accepted(a, b, v) in self.sent for a in q) for q in Half)
            and any(all(Accepted(a, c, w) in self.sent for a in q) for q in Half)
        )


# ---------------------------------------------------------------- every kind of value


class Node(Sort): ...


class Term(Ordered, bottom="none"): ...


class Index(Nat): ...


class Role(enum.Enum):
    FOLLOWER = "follower"
    LEADER = "leader"


class Group(Majority[Node]): ...


class Entry(Record):
    term: Term
    node: Node


class Logs(Protocol):
    """Sequences of records, cut and grown; an invariant that three entries break."""

    log: Map[Node, Seq[Entry, Index]] = durable(())
    commit: Map[Node, Index] = durable(0)

    @action
    def append(self, n: Node, m: Node, t: Term, k: Index) -> None:
        require(len(self.log[n]) < k)
        require(all(e.term <= t for e in self.log[n]))
        self.log[n] = self.log[n] + (Entry(t, m),)

    @action
    def cut(self, n: Node, k: Index) -> None:
        require(k < len(self.log[n]))
        require(self.commit[n] <= k)
        self.log[n] = self.log[n][:k]

    @action
    def advance(self, n: Node) -> None:
        require(self.commit[n] < len(self.log[n]))
        self.commit[n] = self.commit[n] + 1

    @invariant
    def committed_is_there(self) -> bool:
        return all(self.commit[n] <= len(self.log[n]) for n in Node)

    @invariant
    def terms_grow(self) -> bool:
        return all(
            self.log[n][i].term <= self.log[n][k].term
            for n in Node
            for i in Index
            for k in Index
            if i <= k and k < len(self.log[n])
        ) and all(self.commit[n] < 2 for n in Node)


class Claim(Message):
    n: Node
    of: Entry | None


class Members(Protocol):
    """Sets, enums, optional records, a fault's budget, a choice of initial states."""

    role: Map[Node, Role] = volatile(Role.FOLLOWER)
    seen: Map[Node, Set[Node]] = durable(frozenset())
    last: Map[Node, Entry | None] = durable(None)
    sent: Messages[Claim]
    faults: ClassVar = {"crash": 1}

    @init
    def start(self, n: Node) -> None:
        self.seen[n] = {n}

    @action
    def meet(self, n: Node, m: Node) -> None:
        require(n not in self.seen[m] or n == m)
        self.seen[m] = self.seen[m] | {n}

    @action
    def note(self, n: Node, t: Term) -> None:
        entry = self.last[n]
        require(entry is None or entry.term < t)
        self.last[n] = Entry(t, n)
        self.sent.add(Claim(n, entry))

    @action
    def lead(self, n: Node, q: Group) -> None:
        require(all(m in self.seen[n] for m in q))
        self.role[n] = Role.LEADER

    @action(fault="crash")
    def fail(self, n: Node) -> None:
        self.crash(n)

    @invariant
    def one_leader(self) -> bool:
        return len({n for n in Node if self.role[n] == Role.LEADER}) <= 1

    @invariant
    def claims_are_old(self) -> bool:
        return all(
            m.of is None or any(self.last[m.n] == Entry(t, m.n) and m.of.term < t for t in Term)
            for m in self.sent[Claim]
        )


VARIANTS = [
    (NoPromiseCheck, {"Acceptor": 3, "Ballot": 2, "Value": 2}),
    (AnyValue, {"Acceptor": 3, "Ballot": 2, "Value": 2}),
    (AcceptWithoutComparing, {"Acceptor": 3, "Ballot": 2, "Value": 2}),
    (PromiseNotRecorded, {"Acceptor": 3, "Ballot": 2, "Value": 2}),
    (TwoAcceptsInABallot, {"Acceptor": 3, "Ballot": 1, "Value": 2}),
    (DisjointQuorums, {"Acceptor": 3, "Ballot": 2, "Value": 2}),
]
SMALL = [(Logs, {"Node": 1, "Term": 2, "Index": 2}), (Members, {"Node": 2, "Term": 2})]
