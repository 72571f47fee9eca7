"""Leaders of Multi-Paxos that outbid each other for ever, and the stable one that ends it.

Lamport: Paxos Made Simple (2001), §2.4, §3: with a single distinguished proposer, all that is
proposed is chosen. As in `duel.py`, a bound on ballots would end the duel, so ballots are ranks,
and values are left out: they decide what a slot gets, never whether it gets something. A ballot
stands for all slots, and a leader proposes in one after the other without waiting for votes. The
lasso found here is taken step by step by `MultiPaxos`, with as many ballots as it takes.
"""

from .duel import BELOW, HIGH, LOW, Acceptor, Proposer, Quorum, Rank
from .language import *


class Slot(Ordered, bottom="zero"): ...


class MultiPaxosDuel(Protocol):
    """A leader that was refused tries again with a higher ballot; nobody is slow for ever."""

    rank: Map[Proposer, Rank] = durable(BELOW)
    promised: Map[Acceptor, Rank] = durable(BELOW)
    promises: Map[Proposer, Set[Acceptor]] = durable(frozenset())
    proposed: Map[Proposer, Slot, bool] = durable(False)
    accepted: Map[Proposer, Slot, Set[Acceptor]] = durable(frozenset())
    chosen: Map[Slot, bool] = durable(False)
    done: Slot = durable(Slot.zero)

    @action(fair="weak", fair_for="p")
    def prepare(self, p: Proposer) -> None:
        require(self.may_prepare(p))
        require(self.is_outbid(p))
        for o in Proposer:
            self.rank[o] = HIGH if o == p else min(self.rank[o], LOW)
        for a in Acceptor:
            self.promised[a] = LOW if self.promised[a] == HIGH else BELOW
        self.promises[p] = frozenset()
        for s in Slot:
            self.proposed[p, s] = False
            self.accepted[p, s] = frozenset()

    @action(fair="weak", fair_for=("p", "a"))
    def promise(self, p: Proposer, a: Acceptor) -> None:
        require(self.promised[a] < self.rank[p])
        self.promised[a] = self.rank[p]
        self.promises[p] = self.promises[p] | {a}

    @action(fair="weak", fair_for=("p", "s"))
    def propose(self, p: Proposer, s: Slot) -> None:
        require(Slot.zero < s and not self.proposed[p, s])
        require(all(self.proposed[p, r] for r in Slot if Slot.zero < r and r < s))
        require(any(q <= self.promises[p] for q in Quorum))
        self.proposed[p, s] = True

    @action(fair="weak", fair_for=("p", "a", "s"))
    def accept(self, p: Proposer, a: Acceptor, s: Slot) -> None:
        require(self.proposed[p, s])
        require(self.promised[a] <= self.rank[p])
        require(a not in self.accepted[p, s])
        votes = self.accepted[p, s] | {a}
        self.promised[a] = self.rank[p]
        self.accepted[p, s] = votes
        if any(q <= votes for q in Quorum):
            self.chosen[s] = True

    @action(fair="weak")
    def execute(self, s: Slot) -> None:
        require(self.chosen[s] and self.done < s)
        require(not any(self.done < r and r < s for r in Slot))
        self.done = s

    @define
    def is_over(self) -> bool:
        return not any(self.done < s for s in Slot)

    @define
    def may_prepare(self, p: Proposer) -> bool:
        return not self.is_over()

    @define
    def is_outbid(self, p: Proposer) -> bool:
        return self.rank[p] == BELOW or any(self.rank[p] < self.promised[a] for a in Acceptor)

    @final
    def all_is_executed(self) -> bool:
        return self.is_over()

    @invariant
    def one_ballot_is_the_higher(self) -> bool:
        return all(
            o == p or self.rank[o] < self.rank[p]
            for p in Proposer
            for o in Proposer
            if self.rank[p] == HIGH
        )

    @reachable
    def every_slot_is_executed(self) -> bool:
        return self.is_over()

    @eventually
    def something_is_executed(self) -> bool:
        return self.done != Slot.zero

    @leads_to
    def what_is_proposed_is_executed(self, p: Proposer, s: Slot) -> tuple[bool, bool]:
        return self.proposed[p, s], s <= self.done


class StableMultiPaxos(MultiPaxosDuel):
    """From some point on, only one proposer prepares: the election of a leader comes to an end."""

    leader: Proposer | None = durable(None)

    @action(by="environment", fair="weak")
    def elect(self, p: Proposer) -> None:
        require(self.leader is None)
        self.leader = p

    @define
    def may_prepare(self, p: Proposer) -> bool:
        return not self.is_over() and (self.leader is None or self.leader == p)
