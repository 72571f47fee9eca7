"""Raft's commits make up one log that only grows, for any number of servers.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.4.3. Of what a
step may add to `agreed`, `leaders_agree` says that it leaves what is there as it is.
"""

from quorate.model.language import *
from quorate.model.raft_election import Index, Quorum, Role, Server, Term
from quorate.model.refined import RecordedRaft

from .raft_commit import ProvedRaft


class ProvedRecordedRaft(RecordedRaft, ProvedRaft):
    """What is agreed is committed, and whatever a leader may commit extends it."""

    @invariant
    def what_is_agreed_is_committed(self) -> bool:
        return all(
            self.since[n] != Term.zero and self.agreed[n - 1] == self.history[self.since[n]][n - 1]
            for n in Index
            if n > 0 and n <= len(self.agreed)
        )

    @invariant
    def what_is_committed_had_a_leader(self) -> bool:
        return all(
            self.elected[self.since[n]] is not None for n in Index if self.since[n] != Term.zero
        )

    @invariant
    def what_is_committed_was_a_leaders(self) -> bool:
        return all(
            n <= len(self.history[self.since[n]]) for n in Index if self.since[n] != Term.zero
        )

    @invariant
    def what_is_committed_is_agreed(self) -> bool:
        return all(n <= len(self.agreed) for n in Index if self.since[n] != Term.zero)

    @invariant
    def later_leaders_have_what_is_agreed(self) -> bool:
        return all(
            n <= len(self.history[u]) and self.history[u][n - 1] == self.agreed[n - 1]
            for n in Index
            for u in Term
            if n > 0
            and n <= len(self.agreed)
            and self.since[n] <= u
            and self.elected[u] is not None
        )

    @invariant
    def histories_match_what_is_committed(self) -> bool:
        return all(
            self.history[self.since[k]][k - 1] == self.history[u][k - 1]
            for u in Term
            for k in Index
            if k > 0
            and self.since[k] != Term.zero
            and k <= len(self.history[u])
            and self.leader_has(self.since[k], self.history[u][k - 1].t, k)
        )

    @invariant
    def later_commits_have_what_may_be_counted(self) -> bool:
        return all(
            self.leader_has(self.since[k], self.history[self.term[s]][k - 1].t, k)
            for s in Server
            for n in Index
            for q in Quorum
            for k in Index
            if k > 0
            and k <= n
            and self.since[k] != Term.zero
            and self.term[s] < self.since[k]
            and n <= len(self.log[s])
            and self.role[s] == Role.LEADER
            and self.may_commit(s, n)
            and all(v == s or n <= self.match[s, v] for v in q)
        )

    @invariant
    def what_may_be_counted_is_committed_later(self) -> bool:
        return all(
            self.history[self.since[k]][k - 1] == self.history[self.term[s]][k - 1]
            for s in Server
            for n in Index
            for q in Quorum
            for k in Index
            if self.role[s] == Role.LEADER
            and k > 0
            and k <= n
            and n <= len(self.log[s])
            and self.since[k] != Term.zero
            and self.term[s] < self.since[k]
            and k <= len(self.history[self.since[k]])
            and k <= len(self.history[self.term[s]])
            and self.may_commit(s, n)
            and all(v == s or n <= self.match[s, v] for v in q)
        )

    @invariant
    def leaders_agree(self) -> bool:
        return all(
            self.log[s][k - 1] == self.agreed[k - 1]
            for s in Server
            for n in Index
            for q in Quorum
            for k in Index
            if k > 0
            and k <= n
            and k <= len(self.agreed)
            and n <= len(self.log[s])
            and self.role[s] == Role.LEADER
            and self.may_commit(s, n)
            and all(v == s or n <= self.match[s, v] for v in q)
        )
