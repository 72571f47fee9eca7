"""Mutants of leader leases. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import action, define, require
from quorate.model.leader_lease import Ask, Grant, LeaderLease, Lease, Node, Term, Time

from .registry import Mutant


class TrustsClocks(LeaderLease):
    @define
    def may_follow_another(self, n: Node) -> bool:
        return self.term[n] == Term.none or all(self.start[n] + k <= self.clock[n] for k in Lease)


class VotesAtOnce(LeaderLease):
    @action
    def grant(self, n: Node, m: Ask) -> None:
        require(self.term[n] < m.t or (self.term[n] == m.t and self.start[n] < m.start))
        self.term[n] = m.t
        self.start[n] = m.start
        self.sent.add(Grant(n, m.t, m.start))


class MixesGrants(LeaderLease):
    @define
    def holds_lease(self, n: Node, t: Term) -> bool:
        return self.is_committed(t) and any(
            any(self.clock[n] < s + k for k in Lease)
            and any(Grant(f, t, s) in self.sent for f in Node)
            for s in Time
        )


_UNPADDED = {"Node": 3, "Term": 2, "Time": 2, "Lease": 1, "Drift": 1}
_SIZES = {**_UNPADDED, "Margin": 1}

MUTANTS = (
    Mutant(
        name="trusts-clocks",
        code="LL1",
        title="A follower takes its clock for the leader's, and waits for the lease alone.",
        protocol=TrustsClocks,
        violates="no_stale_read",
        steps=8,
        sizes=_UNPADDED,
        defect="trusts-clocks",
        reference="Ongaro 2014, §6.4.1: the lease must be shorter than the wait by the drift",
    ),
    Mutant(
        name="lease-ignored-by-vote",
        code="LL2",
        title="A follower votes for a new leader while its promise to the old one lasts.",
        protocol=VotesAtOnce,
        violates="no_stale_read",
        steps=7,
        sizes=_SIZES,
        defect="lease-ignored-by-vote",
        reference="Ongaro 2014, §6.4.1: followers within the election timeout ignore candidates",
    ),
    Mutant(
        name="renewed-by-one",
        code="LL3",
        title="A leader takes its lease for renewed once a single follower has renewed it.",
        protocol=MixesGrants,
        violates="no_stale_read",
        steps=12,
        sizes=_SIZES,
        defect="renewed-by-one",
        reference="Ongaro 2014, §6.4.1: a heartbeat renews once a majority has acknowledged it",
    ),
)
