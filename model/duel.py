"""The duel of two proposers of Paxos, which may go on for ever, and the election that ends it.

Lamport: Paxos Made Simple (2001), §2.4: two proposers keep issuing proposals with increasing
numbers, none of which is ever chosen; a distinguished proposer is the way out.

With a bound on ballots a duel just stops. So ballots are ranks here. Steps of Paxos only compare
ballots, so states that differ in nothing but the distances of their ballots have the same runs;
and of two proposers, each of which gives its ballot up for a higher one, two ballots are in use.
What is below both needs no number: an acceptor's promise there keeps it from nothing that is in
use, and the messages of a ballot that was given up change nothing that its acceptors may do. They
might still have a value chosen: a run that is undecided in Paxos is undecided here, and not the
other way round. The lasso found here is taken step by step by Paxos, with as many ballots as it
takes. Values are left out: they decide what is chosen, never whether something can be.
"""

from .language import *

BELOW, LOW, HIGH = 0, 1, 2  # a ballot given up, or none; the lower and the higher one in use


# fmt: off
class Proposer(Sort): ...
class Acceptor(Sort): ...
class Quorum(Majority[Acceptor]): ...
# fmt: on


class Rank(Nat):
    size = 2


class Duel(Protocol):
    """A proposer that was refused tries again with a higher ballot; nobody and nothing is slow for
    ever. Strong fairness would not help: an acceptor that accepts again and again need not do so in
    the ballot in which the others do.
    """

    rank: Map[Proposer, Rank] = durable(BELOW)
    promised: Map[Acceptor, Rank] = durable(BELOW)
    promises: Map[Proposer, Set[Acceptor]] = durable(frozenset())
    proposed: Map[Proposer, bool] = durable(False)
    accepted: Map[Proposer, Set[Acceptor]] = durable(frozenset())
    decided: bool = durable(False)

    @action(fair="weak", fair_for="p")
    def prepare(self, p: Proposer) -> None:
        require(self.may_prepare(p))
        require(self.is_outbid(p))
        for o in Proposer:
            self.rank[o] = HIGH if o == p else min(self.rank[o], LOW)
        for a in Acceptor:
            self.promised[a] = LOW if self.promised[a] == HIGH else BELOW
        self.promises[p] = frozenset()
        self.proposed[p] = False
        self.accepted[p] = frozenset()

    @action(fair="weak", fair_for=("p", "a"))
    def promise(self, p: Proposer, a: Acceptor) -> None:
        require(self.promised[a] < self.rank[p])
        self.promised[a] = self.rank[p]
        self.promises[p] = self.promises[p] | {a}

    @action(fair="weak", fair_for="p")
    def propose(self, p: Proposer) -> None:
        require(not self.proposed[p])
        require(any(q <= self.promises[p] for q in Quorum))
        self.proposed[p] = True

    @action(fair="weak", fair_for=("p", "a"))
    def accept(self, p: Proposer, a: Acceptor) -> None:
        require(self.proposed[p])
        require(self.promised[a] <= self.rank[p])
        require(a not in self.accepted[p])
        votes = self.accepted[p] | {a}
        self.promised[a] = self.rank[p]
        self.accepted[p] = votes
        if any(q <= votes for q in Quorum):
            self.decided = True

    @define
    def may_prepare(self, p: Proposer) -> bool:
        return not self.decided

    @define
    def is_outbid(self, p: Proposer) -> bool:
        return self.rank[p] == BELOW or any(self.rank[p] < self.promised[a] for a in Acceptor)

    @final
    def it_is_decided(self) -> bool:
        return self.decided

    @invariant
    def one_ballot_is_the_higher(self) -> bool:
        return all(
            o == p or self.rank[o] < self.rank[p]
            for p in Proposer
            for o in Proposer
            if self.rank[p] == HIGH
        )

    @reachable
    def a_value_is_chosen(self) -> bool:
        return self.decided

    @eventually
    def something_is_decided(self) -> bool:
        return self.decided


class ElectedDuel(Duel):
    """From some point on, only one proposer prepares: the election of a leader comes to an end."""

    leader: Proposer | None = durable(None)

    @action(by="environment", fair="weak")
    def elect(self, p: Proposer) -> None:
        require(self.leader is None)
        self.leader = p

    @define
    def may_prepare(self, p: Proposer) -> bool:
        return not self.decided and (self.leader is None or self.leader == p)
