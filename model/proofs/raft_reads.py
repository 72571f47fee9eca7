"""Reads by read index, with the companions that show that none is stale, for any number of servers.

Ongaro: Consensus: Bridging Theory and Practice (2014), §6.4. What a leader does not know to be
committed when it begins to read was committed in a later term. So a quorum has a later term by
then, and none of its members confirms that this leader still leads.
"""

from quorate.model.language import *
from quorate.model.raft_election import Index, Quorum, Role, Server, Term
from quorate.model.raft_reads import ReadIndex

from .raft_atomic import ProvedAtomicRaft


class ProvedReadIndex(ReadIndex, ProvedAtomicRaft):
    """The companions of `ProvedAtomicRaft`, and six more."""

    @invariant
    def newest_is_committed(self) -> bool:
        return self.newest == 0 or self.since[self.newest] != Term.zero

    @invariant
    def leaders_know_what_they_committed(self) -> bool:
        return all(
            n <= self.commit[s]
            for s in Server
            for n in Index
            if self.role[s] == Role.LEADER and self.since[n] == self.term[s]
        )

    @invariant
    def what_leaders_miss_was_committed_later(self) -> bool:
        """An entry of its own term is committed, so all that was before is."""
        return all(
            self.newest <= self.commit[s] or self.term[s] < self.since[self.newest]
            for s in Server
            if self.role[s] == Role.LEADER and self.knows_commits(s)
        )

    @invariant
    def who_acknowledged_knows_the_term(self) -> bool:
        return all(
            self.since[n] <= self.term[u]
            for n in Index
            for q in Quorum
            for u in q
            if self.since[n] != Term.zero and self.counted[n] <= self.acknowledged[u, self.since[n]]
        )

    @invariant
    def quorums_know_the_terms_of_commits(self) -> bool:
        return all(
            any(all(self.since[n] <= self.term[u] for u in q) for q in Quorum)
            for n in Index
            if self.since[n] != Term.zero
        )

    @invariant
    def late_reads_are_outvoted(self) -> bool:
        return all(
            any(
                all(self.term[s] < self.term[u] and u not in self.confirmed[s] for u in q)
                for q in Quorum
            )
            for s in Server
            if self.reading[s] is not None and self.reading[s] < self.due[s]  # type: ignore[operator]
        )
