"""No read is stale, for any number of nodes, terms and ticks: leases whose margin is the drift.

A relation between sizes, such as "the margin is at least the drift", cannot be declared: sizes are
independent. So the margin is the drift itself here, which is the least that is enough.
"""

from quorate.model.language import define, invariant
from quorate.model.leader_lease import Ask, Drift, Grant, LeaderLease, Lease, Node, Term


class ProvedLeaderLease(LeaderLease):
    """A lease that a node has left behind is over on every clock, so no read relies on it."""

    @define
    def may_follow_another(self, n: Node) -> bool:
        return self.term[n] == Term.none or all(
            self.start[n] + k + d <= self.clock[n] for k in Lease for d in Drift
        )

    @invariant
    def clocks_are_close(self) -> bool:
        return all(
            any(self.clock[n] <= self.clock[m] + d for d in Drift) for n in Node for m in Node
        )

    @invariant
    def nobody_leads_the_bottom(self) -> bool:
        return all(Term.none < m.t for m in self.sent[Ask]) and all(
            Term.none < g.t for g in self.sent[Grant]
        )

    @invariant
    def the_latest_promise_is_remembered(self) -> bool:
        return all(
            g.t < self.term[g.n] or (g.t == self.term[g.n] and g.start <= self.start[g.n])
            for g in self.sent[Grant]
        )

    @invariant
    def earlier_leases_are_over(self) -> bool:
        """On every clock: who has gone on to another term has waited for the drift as well."""
        return all(
            g.start + k <= self.clock[n]
            for g in self.sent[Grant]
            if g.t < self.term[g.n]
            for k in Lease
            for n in Node
        )
