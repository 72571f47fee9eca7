"""Reads by leases, with the companions that show that none is stale, for any number of servers.

Ongaro: Consensus: Bridging Theory and Practice (2014), §6.4.1. A server votes once it has waited,
on its own clock, for a lease and twice the drift. Then whatever it answered to a leader no longer
counts on that leader's clock. So who has a lease misses nothing: what it does not know was
committed in a later term, which the voters of that term made, and one of them is part of the lease.
"""

from quorate.model.language import *
from quorate.model.raft_election import Quorum, Role, Server, Term
from quorate.model.raft_leases import Drift, Lease, LeaseReads

from .raft_agreed import ProvedRecordedRaft
from .raft_atomic import ProvedAtomicRaft
from .raft_reads import ProvedReadIndex


class ProvedLeaseReads(LeaseReads, ProvedAtomicRaft):
    """The companions of `ProvedAtomicRaft`, and eleven more. `voters`, of each term, is history.

    The margin is twice the drift: sizes are independent, so "at least twice the drift" cannot be
    declared. A longer one only takes steps away.
    """

    voters: Map[Term, Set[Server]] = durable(frozenset())

    @action
    def elect(self, s: Server, t: Term, q: Set[Server]) -> None:
        super().elect(s, t, q)
        self.voters[t] = q

    @define
    def has_waited(self, s: Server) -> bool:
        heard = self.heard[s]
        return heard is not None and all(
            heard + k + d + e <= self.clock[s] for k in Lease for d in Drift for e in Drift
        )

    # Clocks, and what they said.

    @invariant
    def clocks_are_close(self) -> bool:
        return all(
            any(self.clock[s] <= self.clock[u] + d for d in Drift) for s in Server for u in Server
        )

    @invariant
    def rounds_have_begun(self) -> bool:
        return all(self.began[s] <= self.clock[s] for s in Server)

    @define
    def is_over(self, s: Server, u: Server) -> bool:
        """Whether an answer does not count any more on the leader's clock."""
        sent = self.answered[s, u]
        return sent is None or all(sent + k <= self.clock[s] for k in Lease)

    @define
    def is_bound(self, s: Server, u: Server) -> bool:
        """Whether u still waits since it answered, or since it heard from somebody later."""
        sent = self.answered[s, u]
        heard = self.heard[u]
        return sent is not None and heard is not None and any(sent <= heard + d for d in Drift)

    @define
    def is_to_a_round(self, s: Server, u: Server) -> bool:
        sent = self.answered[s, u]
        return sent is None or sent <= self.began[s]

    @invariant
    def answers_are_to_rounds(self) -> bool:
        return all(self.is_to_a_round(s, u) for s in Server for u in Server)

    @invariant
    def who_answered_waits(self) -> bool:
        return all(self.is_over(s, u) or self.is_bound(s, u) for s in Server for u in Server)

    # Voters.

    @invariant
    def voters_know_the_term(self) -> bool:
        return all(t <= self.term[u] for t in Term for u in self.voters[t])

    @invariant
    def leaders_have_a_quorum_of_voters(self) -> bool:
        return all(
            any(q <= self.voters[t] for q in Quorum) for t in Term if self.elected[t] is not None
        )

    @invariant
    def who_votes_leaves_earlier_leases(self) -> bool:
        return all(
            u != s and self.is_over(s, u)
            for s in Server
            for t in Term
            for u in self.voters[t]
            if self.role[s] == Role.LEADER and self.term[s] < t
        )

    # Commits.

    newest_is_committed = ProvedReadIndex.newest_is_committed
    leaders_know_what_they_committed = ProvedReadIndex.leaders_know_what_they_committed
    what_leaders_miss_was_committed_later = ProvedReadIndex.what_leaders_miss_was_committed_later
    what_is_committed_had_a_leader = ProvedRecordedRaft.what_is_committed_had_a_leader
