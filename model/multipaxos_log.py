"""The log of Multi-Paxos: what a new leader makes of holes, and learners that execute in order.

Lamport: Paxos Made Simple (2001), §3. Phase 1 is one step here, and so is an answer to a proposal;
messages that come late are left to `multipaxos.MultiPaxos`. A ballot belongs to one leader. A value
may be a batch of commands, `noop` is the command that does nothing.
"""

from __future__ import annotations

from typing import ClassVar

from .language import *


# fmt: off
class Acceptor(Sort): ...
class Learner(Sort): ...
class Slot(Ordered, bottom="zero"): ...
class Ballot(Ordered, bottom="never"): ...
class Quorum(Majority[Acceptor]): ...
# fmt: on


class Value(Sort, named="noop"):
    noop: ClassVar[Value]


class MultiPaxosLog(Protocol):
    """`votes` is what an acceptor voted for in each slot and ballot, if it did.

    Explored only. Open for any size: that one of the votes a new leader hears of is the highest.
    """

    leads: Map[Ballot, bool] = durable(False)
    proposed: Map[Ballot, Slot, Value | None] = durable(None)
    promised: Map[Acceptor, Ballot] = durable(Ballot.never)
    votes: Map[Acceptor, Slot, Ballot, Value | None] = durable(None)
    done: Map[Learner, Slot] = durable(Slot.zero)
    executed: Map[Learner, Slot, Value | None] = durable(None)

    @action
    def lead(self, b: Ballot, q: Set[Acceptor]) -> None:
        """Phase 1 for all slots: votes are recovered, and holes below the last one are filled."""
        require(not self.leads[b])
        require(all(self.promised[a] < b for a in q))
        require(all(self.is_quorum(s, q) for s in Slot if self.is_open(s)))
        for s in Slot:
            if self.is_open(s) and self.is_hole(q, s):
                self.proposed[b, s] = Value.noop
        for s in Slot:
            for v in Value:
                if self.is_open(s) and self.must_repeat(q, s, v):
                    self.proposed[b, s] = v
        for a in q:
            self.promised[a] = b
        self.leads[b] = True

    @action
    def propose(self, b: Ballot, s: Slot, v: Value) -> None:
        """In order, but without waiting for what was proposed before."""
        require(self.leads[b] and v != Value.noop)
        require(self.proposed[b, s] is None)
        require(self.may_propose(b, s))
        self.proposed[b, s] = v

    @action
    def accept(self, a: Acceptor, b: Ballot, s: Slot, v: Value) -> None:
        require(self.proposed[b, s] == v)
        require(self.promised[a] <= b and self.votes[a, s, b] != v)
        self.promised[a] = b
        self.votes[a, s, b] = v

    @action
    def execute(self, x: Learner, s: Slot, v: Value) -> None:
        require(self.may_execute(x, s))
        require(self.is_learned(s, v))
        self.executed[x, s] = v
        self.done[x] = s

    @define
    def is_quorum(self, s: Slot, q: Set[Acceptor]) -> bool:
        return any(p <= q for p in Quorum)

    @define
    def is_open(self, s: Slot) -> bool:
        """Whether a leader may have to fill a slot: all of them, as it knows of no decision."""
        return True

    @define
    def may_propose(self, b: Ballot, s: Slot) -> bool:
        return all(self.proposed[b, u] is not None for u in Slot if u < s)

    @define
    def may_execute(self, x: Learner, s: Slot) -> bool:
        """The next one, in the order of the slots."""
        return self.done[x] < s and not any(self.done[x] < u and u < s for u in Slot)

    @define
    def is_learned(self, s: Slot, v: Value) -> bool:
        return self.is_chosen(s, v)

    @define
    def voted(self, q: Set[Acceptor], s: Slot, b: Ballot) -> bool:
        return any(self.votes[a, s, b] is not None for a in q)

    @define
    def must_repeat(self, q: Set[Acceptor], s: Slot, v: Value) -> bool:
        """Whether this was voted for in the highest ballot that the quorum tells of."""
        return any(
            any(self.votes[a, s, b] == v for a in q)
            and not any(b < c and self.voted(q, s, c) for c in Ballot)
            for b in Ballot
        )

    @define
    def is_hole(self, q: Set[Acceptor], s: Slot) -> bool:
        """Whether a later slot has a vote: what comes before it is given up, unless recovered."""
        return any(s < u and self.voted(q, u, b) for u in Slot for b in Ballot)

    @define
    def is_chosen(self, s: Slot, v: Value) -> bool:
        return any(
            self.is_quorum(s, {a for a in Acceptor if self.votes[a, s, b] == v})  # type: ignore[arg-type]
            for b in Ballot
        )

    @invariant
    def agreement(self) -> bool:
        return all(
            v == w
            for s in Slot
            for v in Value
            for w in Value
            if self.is_chosen(s, v) and self.is_chosen(s, w)
        )

    @invariant
    def executed_prefixes_agree(self) -> bool:
        return all(
            self.executed[x, s] is not None and self.executed[x, s] == self.executed[y, s]
            for x in Learner
            for y in Learner
            for s in Slot
            if s <= self.done[x] and s <= self.done[y]
        )

    @reachable
    def everything_is_executed(self) -> bool:
        return all(not any(self.done[x] < s for s in Slot) for x in Learner)
