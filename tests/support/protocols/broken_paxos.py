"""Paxos broken in ways of its own, and small protocols with what is true and what is false."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import ClassVar

from quorate.model.language import (
    Flexible,
    Majority,
    Map,
    Message,
    Messages,
    Ordered,
    Protocol,
    Set,
    Sort,
    action,
    durable,
    init,
    invariant,
    require,
    volatile,
)
from quorate.model.paxos import Accept, Accepted, Acceptor, Ballot, Paxos, Prepare, Promise, Quorum
from quorate.model.paxos import Value as Choice


class NoPromiseCheck(Paxos):
    """A promise is given without comparing."""

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(Prepare(b) in self.sent)
        require(not any(m.a == a and m.b == b for m in self.sent[Promise]))
        self.sent.add(Promise(a, b, self.max_vbal[a], self.max_val[a]))
        self.max_bal[a] = b


class PromiseNotRecorded(Paxos):
    """An acceptor forgets what it promised."""

    @action
    def phase1b(self, a: Acceptor, b: Ballot) -> None:
        require(Prepare(b) in self.sent)
        require(self.max_bal[a] < b)
        require(not any(m.a == a and m.b == b for m in self.sent[Promise]))
        self.sent.add(Promise(a, b, self.max_vbal[a], self.max_val[a]))


class AnyValue(Paxos):
    """Reported votes are not looked at."""

    @action
    def phase2a(self, b: Ballot, v: Choice, q: Quorum) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        self.sent.add(Accept(b, v))


class NotHighestVote(Paxos):
    """Any reported vote will do."""

    @action
    def phase2a(self, b: Ballot, v: Choice, q: Quorum) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v for m in voted))
        self.sent.add(Accept(b, v))


class TwoAccepts(Paxos):
    """A ballot may propose twice."""

    @action
    def phase2a(self, b: Ballot, v: Choice, q: Quorum) -> None:
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(n.vb <= m.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))


class NoPhase1(Paxos):
    """Nobody is asked."""

    @action
    def phase2a(self, b: Ballot, v: Choice, q: Quorum) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        self.sent.add(Accept(b, v))


class VoteWithoutComparing(Paxos):
    """A vote is cast below the promised ballot too."""

    @action
    def phase2b(self, a: Acceptor, b: Ballot, v: Choice) -> None:
        require(Accept(b, v) in self.sent)
        self.sent.add(Accepted(a, b, v))
        self.max_bal[a] = b
        self.max_vbal[a] = b
        self.max_val[a] = v


class One(Flexible[Acceptor], size=1, meets=()): ...


class DisjointQuorums(Paxos):
    """Quorums of phase 1 that need not meet those of phase 2."""

    @action
    def phase2a(self, b: Ballot, v: Choice, q: One) -> None:
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(n.vb <= m.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))


BROKEN = [
    NoPromiseCheck,
    PromiseNotRecorded,
    AnyValue,
    NotHighestVote,
    TwoAccepts,
    NoPhase1,
    VoteWithoutComparing,
    DisjointQuorums,
]


# ---------------------------------------------------------------- many constructs


class Node(Sort): ...


class Colour(Sort): ...


class Term(Ordered, bottom="none"): ...


class Role(enum.Enum):
    IDLE = "idle"
    BUSY = "busy"
    DONE = "done"


class Group(Majority[Node]): ...


class Hello(Message):
    n: Node
    urgent: bool
    role: Role | None


class Report(Message, key="n"):
    n: Node
    t: Term
    colours: Map[Colour, Node | None]


class Mixture(Protocol):
    """Sets, enums, options, truth values, maps in messages, choices in loops, crashes, @init."""

    faults: ClassVar[Mapping[str, int]] = {"crash": 1}

    role: Map[Node, Role] = volatile(Role.IDLE)
    outcome: Map[Node, Role | None] = durable(None)
    friends: Map[Node, Set[Node]] = durable(frozenset())
    term: Map[Node, Term] = durable(Term.none)
    colour: Map[Node, Colour | None] = durable(None)
    painted: Map[Colour, Node | None] = durable(None)
    first: Node | None = durable(None)
    sent: Messages[Hello, Report]

    @init
    def start(self, n: Node) -> None:
        self.first = n
        self.friends[n] = {n}

    @action
    def befriend(self, n: Node, m: Node) -> None:
        require(self.role[n] != Role.DONE)
        self.friends[n] = self.friends[n] | {m} if n != m else self.friends[n]
        self.role[n] = Role.BUSY

    @action
    def unfriend(self, n: Node, m: Node) -> None:
        require(n != m)
        self.friends[n] = {k for k in self.friends[n] if k != m}

    @action
    def advance(self, n: Node, t: Term) -> None:
        require(self.term[n] < t)
        self.term[n] = t
        for c in Colour:
            if self.painted[c] == n:
                self.colour[n] = c

    @action
    def paint(self, n: Node, c: Colour, q: Group) -> None:
        require(q <= self.friends[n])
        require(self.painted[c] is None)
        self.painted[c] = n

    @action
    def hello(self, n: Node, urgent: bool) -> None:
        require(Hello(n, not urgent, self.outcome[n]) not in self.sent)
        self.sent.add(Hello(n, urgent, self.outcome[n]))

    @action
    def report(self, n: Node) -> None:
        require(not any(m.n == n for m in self.sent[Report]))
        self.sent.add(Report(n, self.term[n], {c: self.painted[c] for c in Colour}))

    @action
    def finish(self, n: Node) -> None:
        require(self.role[n] == Role.BUSY)
        self.role[n] = Role.DONE
        self.outcome[n] = Role.DONE

    @action(fault="crash")
    def fail(self, n: Node) -> None:
        self.crash(n)

    # True in every state.

    @invariant
    def outcomes_are_done(self) -> bool:
        return all(self.outcome[n] is None or self.outcome[n] == Role.DONE for n in Node)

    @invariant
    def colours_are_painted(self) -> bool:
        return all(self.painted[c] == n for n in Node for c in Colour if self.colour[n] == c)

    @invariant
    def somebody_is_first(self) -> bool:
        return self.first is not None

    @invariant
    def done_has_outcome(self) -> bool:
        return all(self.outcome[n] == Role.DONE for n in Node if self.role[n] == Role.DONE)

    @invariant
    def reports_are_past(self) -> bool:
        return all(m.t <= self.term[m.n] for m in self.sent[Report])

    @invariant
    def reported_colours_last(self) -> bool:
        return all(
            m.colours[c] is None or self.painted[c] == m.colours[c]
            for c in Colour
            for m in self.sent[Report]
        )

    @invariant
    def greetings_are_of_one_kind(self) -> bool:
        return all(h.role is None or h.role == Role.DONE for h in self.sent[Hello])

    # False in some state.

    @invariant
    def false_friends_are_mutual(self) -> bool:
        return all(n in self.friends[m] for n in Node for m in self.friends[n])

    @invariant
    def false_nobody_is_done(self) -> bool:
        return not any(self.role[n] == Role.DONE for n in Node)

    @invariant
    def false_terms_are_equal(self) -> bool:
        return all(self.term[n] == self.term[m] for n in Node for m in Node)

    @invariant
    def false_all_colours_are_nodes(self) -> bool:
        return all(self.painted[c] is None for c in Colour)

    @invariant
    def false_everybody_is_his_friend(self) -> bool:
        return all(n in self.friends[n] for n in Node)

    @invariant
    def false_urgent(self) -> bool:
        return not any(h.urgent for h in self.sent[Hello])

    @invariant
    def false_friends_are_the_same(self) -> bool:
        return all(self.friends[n] == self.friends[m] or n == m for n in Node for m in Node)

    @invariant
    def false_reports_are_current(self) -> bool:
        return all(m.t == self.term[m.n] for m in self.sent[Report])


TRUE = [n for n in Mixture.methods("invariant") if not n.startswith("false")]
FALSE = [n for n in Mixture.methods("invariant") if n.startswith("false")]
