"""Leader leases: a leader answers reads alone while its lease lasts, on clocks that drift.

Gray and Cheriton: Leases: An Efficient Fault-Tolerant Mechanism for Distributed File Cache
Consistency (1989), §2 and §5. For leaders of a replicated state machine: Ongaro: Consensus
(2014), §6.4.1.

A leader asks for votes and for renewals with the time on its own clock. Who grants that promises
to follow no other leader until its own clock is past that time, the lease and a margin. A majority
of grants is the lease; it ends for the leader a margin earlier. Readings of two clocks differ by at
most `Drift`, so a margin of `Drift` is enough, and one of `Drift - 1` is not.

The register is overwritten by each leader with its first message: a grant accepts the write, as a
blind write needs no earlier value. So the version of a term is the term, and it is committed once
a majority has granted it.
"""

from .language import *


# fmt: off
class Node(Sort): ...
class Term(Ordered, bottom="none"): ...
class Time(Nat): ...
class Lease(Nat): ...       # how long a lease lasts, in ticks of the leader's clock
class Margin(Nat): ...      # how much longer a follower waits, in ticks of its own
class Drift(Nat): ...       # how far two clocks may be apart
class Quorum(Majority[Node]): ...
# fmt: on


class Ask(Message):
    t: Term
    start: Time


class Grant(Message):
    n: Node
    t: Term
    start: Time


class LeaderLease(Protocol):
    """Terms belong to one leader each, as ballots do; all that a node promises is durable."""

    clock: Map[Node, Time] = clocks(drift=Drift)
    leader: Map[Term, Node | None] = durable(None)
    term: Map[Node, Term] = durable(Term.none)
    start: Map[Node, Time] = durable(0)
    newest_at_read: Map[Term, Term] = durable(Term.none)  # history: nobody acts on it

    sent: Messages[Ask, Grant]

    @action
    def campaign(self, n: Node, t: Term) -> None:
        require(self.leader[t] is None)
        require(self.term[n] < t)
        self.leader[t] = n
        self.sent.add(Ask(t, self.clock[n]))

    @action
    def renew(self, n: Node, t: Term) -> None:
        require(self.leader[t] == n)
        require(self.term[n] <= t)
        self.sent.add(Ask(t, self.clock[n]))

    @action
    def grant(self, n: Node, m: Ask) -> None:
        """The promise is to the latest request: an earlier one of the same leader is covered."""
        require(self.term[n] < m.t or (self.term[n] == m.t and self.start[n] < m.start))
        require(self.term[n] == m.t or self.may_follow_another(n))
        self.term[n] = m.t
        self.start[n] = m.start
        self.sent.add(Grant(n, m.t, m.start))

    @action
    def read(self, n: Node, t: Term) -> None:
        """The leader of a term answers with its own write, and asks nobody."""
        require(self.leader[t] == n)
        require(self.term[n] <= t)
        require(self.holds_lease(n, t))
        for u in Term:
            if self.is_newest(u):
                self.newest_at_read[t] = u

    @define
    def may_follow_another(self, n: Node) -> bool:
        """Whether what a node has promised is over, on its own clock."""
        return self.term[n] == Term.none or all(
            self.start[n] + k + d <= self.clock[n] for k in Lease for d in Margin
        )

    @define
    def holds_lease(self, n: Node, t: Term) -> bool:
        """Whether a majority granted a lease that has not ended on the leader's clock."""
        return any(
            any(self.clock[n] < s + k for k in Lease)
            and any(all(Grant(f, t, s) in self.sent for f in q) for q in Quorum)
            for s in Time
        )

    @define
    def is_committed(self, t: Term) -> bool:
        return any(all(any(Grant(f, t, s) in self.sent for s in Time) for f in q) for q in Quorum)

    @define
    def is_newest(self, t: Term) -> bool:
        return self.is_committed(t) and not any(t < u and self.is_committed(u) for u in Term)

    @invariant
    def no_stale_read(self) -> bool:
        """The write that a read returned was the newest that was committed."""
        return all(self.newest_at_read[t] <= t for t in Term)

    @reachable
    def a_read_is_served(self) -> bool:
        return any(self.newest_at_read[t] == t for t in Term)

    @reachable
    def leadership_passes_on(self) -> bool:
        served = [t for t in Term if self.newest_at_read[t] == t]
        return any(t < u for t in served for u in served)
