"""Raft in single steps, with the companions that make it provably safe, for any number of servers.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.4.3, figure 3.
The argument is that of `ProvedRaft`, whose companions are shared where they speak of no message.
"""

from quorate.model.language import *
from quorate.model.raft_atomic import AtomicRaft
from quorate.model.raft_election import Entry, Index, Quorum, Role, Server, Term, Value

from .raft_commit import ProvedRaft


class ProvedAtomicRaft(AtomicRaft):
    """The variables of history are those of `ProvedRaft`, too, and no rule reads them.

    Elections go up: a quorum that elects somebody has heard of no later term. So a server is
    elected with all that may be committed, as it is in one step, and no vote has to be remembered.
    """

    elected: Map[Term, Server | None] = durable(None)
    history: Map[Term, Seq[Entry, Index]] = durable(())
    acknowledged: Map[Server, Term, Index] = durable(0)
    since: Map[Index, Term] = durable(Term.zero)
    counted: Map[Index, Index] = durable(0)

    @action
    def elect(self, s: Server, t: Term, q: Set[Server]) -> None:
        super().elect(s, t, q)
        self.elected[t] = s
        self.history[t] = self.log[s]
        self.acknowledged[s, t] = len(self.log[s])

    @action
    def request(self, s: Server, v: Value) -> None:
        longer = self.log[s] + (Entry(self.term[s], v),)
        super().request(s, v)
        self.history[self.term[s]] = longer
        self.acknowledged[s, self.term[s]] = len(longer)

    @action
    def replicate(self, s: Server, u: Server, n: Index, k: Index) -> None:
        super().replicate(s, u, n, k)
        length = max(self.acknowledged[u, self.term[s]], k)
        self.acknowledged[u, self.term[s]] = length

    @action
    def advance_commit(self, s: Server, n: Index) -> None:
        super().advance_commit(s, n)
        for k in Index:
            if k > 0 and k <= n and (self.since[k] == Term.zero or self.term[s] < self.since[k]):
                self.since[k] = self.term[s]
                self.counted[k] = n

    leader_has = ProvedRaft.leader_has
    is_lost = ProvedRaft.is_lost
    ends_in = ProvedRaft.ends_in
    server_has = ProvedRaft.server_has
    is_as_good = ProvedRaft.is_as_good
    committed_term = ProvedRaft.committed_term

    # Leaders, and the logs that they had.

    leaders_were_elected = ProvedRaft.leaders_were_elected

    @invariant
    def nobody_leads_the_bottom(self) -> bool:
        return all(self.term[s] != Term.zero for s in Server if self.role[s] == Role.LEADER)

    @invariant
    def elections_are_past(self) -> bool:
        return all(
            len(self.history[t]) == 0
            if self.elected[t] is None
            else all(t <= self.term[s] for s in Server if self.elected[t] == s)
            for t in Term
        )

    @invariant
    def no_quorum_is_left_for_another_election(self) -> bool:
        return all(
            any(t <= self.term[u] for u in q)
            for t in Term
            for q in Quorum
            if self.elected[t] is not None
        )

    logs_are_histories = ProvedRaft.logs_are_histories
    histories_are_histories = ProvedRaft.histories_are_histories
    terms_only_grow = ProvedRaft.terms_only_grow
    histories_match = ProvedRaft.histories_match

    @invariant
    def what_comes_before_is_the_leaders(self) -> bool:
        """What the consistency check shows (§5.3)."""
        return all(
            self.log[u][i] == self.log[s][i]
            for s in Server
            for u in Server
            for n in Index
            for i in Index
            if self.role[s] == Role.LEADER
            and i < n
            and n <= len(self.log[s])
            and self.has_prefix(s, u, n)
        )

    # Who acknowledged what, and what may still be chosen.

    acknowledgements_are_past = ProvedRaft.acknowledgements_are_past
    leaders_hold_their_logs = ProvedRaft.leaders_hold_their_logs
    matches_were_acknowledged = ProvedRaft.matches_were_acknowledged
    servers_keep_what_they_acknowledged = ProvedRaft.servers_keep_what_they_acknowledged
    servers_are_as_good_as_what_they_acknowledged = (
        ProvedRaft.servers_are_as_good_as_what_they_acknowledged
    )
    logs_as_good_have_what_may_be_committed = ProvedRaft.logs_as_good_have_what_may_be_committed

    @invariant
    def who_is_up_to_date_has_what_may_be_committed(self) -> bool:
        return all(
            self.server_has(s, t, n) or self.is_lost(t, n, q)  # type: ignore[misc]
            for s in Server
            for t in Term
            for q in Quorum
            for u in q
            for n in Index
            if self.is_up_to_date(u, s) and self.ends_in(t, n) and n <= self.acknowledged[u, t]  # type: ignore[misc]
        )

    @invariant
    def winners_have_what_may_be_committed(self) -> bool:
        """Whoever a quorum p votes for, unless p takes part in losing it."""
        return all(
            self.server_has(s, t, n)  # type: ignore[misc]
            or self.is_lost(t, n, q)  # type: ignore[misc]
            or any(u in p and self.acknowledged[u, t] < n for u in q)
            for s in Server
            for p in Quorum
            for t in Term
            for q in Quorum
            for n in Index
            if all(self.is_up_to_date(u, s) for u in p) and self.ends_in(t, n)  # type: ignore[misc]
        )

    later_leaders_have_what_may_be_committed = ProvedRaft.later_leaders_have_what_may_be_committed

    @invariant
    def leaders_have_what_may_be_committed(self) -> bool:
        return all(
            self.leader_has(self.term[s], t, n) or self.is_lost(t, n, q)  # type: ignore[misc]
            for s in Server
            for t in Term
            for q in Quorum
            for n in Index
            if self.role[s] == Role.LEADER and t <= self.term[s] and self.ends_in(t, n)  # type: ignore[misc]
        )

    what_is_not_there_is_not_acknowledged = ProvedRaft.what_is_not_there_is_not_acknowledged
    what_is_to_come_is_lost = ProvedRaft.what_is_to_come_is_lost
    what_may_be_counted_is_acknowledged = ProvedRaft.what_may_be_counted_is_acknowledged

    # What is committed.

    quorums_acknowledged_what_is_committed = ProvedRaft.quorums_acknowledged_what_is_committed
    later_leaders_have_what_was_counted = ProvedRaft.later_leaders_have_what_was_counted
    later_leaders_have_all_that_was_counted = ProvedRaft.later_leaders_have_all_that_was_counted
    later_leaders_have_what_is_committed = ProvedRaft.later_leaders_have_what_is_committed
    later_leaders_have_what_may_be_counted = ProvedRaft.later_leaders_have_what_may_be_counted
    servers_commit_what_is_committed = ProvedRaft.servers_commit_what_is_committed
    leaders_have_what_servers_commit = ProvedRaft.leaders_have_what_servers_commit
