"""Raft that sends at once, with the companions that make it provably safe, for any size.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.4.3, figure 3.
The argument is that of `ProvedRaft`, whose companions are shared where they speak of no message.
"""

from quorate.model.language import *
from quorate.model.raft_election import Index, Quorum, Role, Server, Term, Value
from quorate.model.raft_prompt import Ask, PromptRaft

from .raft_commit import ProvedRaft


class ProvedPromptRaft(PromptRaft):
    """Three variables of history are `ProvedRaft`'s; the logs of leaders are in the network here.

    `voters` are those of each candidate and term, which no message says. No rule reads these.
    """

    voters: Map[Server, Term, Set[Server]] = durable(frozenset())
    acknowledged: Map[Server, Term, Index] = durable(0)
    since: Map[Index, Term] = durable(Term.zero)
    counted: Map[Index, Index] = durable(0)

    @action
    def timeout(self, s: Server, t: Term) -> None:
        super().timeout(s, t)
        self.voters[s, t] = self.voters[s, t] | {s}

    @action
    def grant(self, s: Server, c: Server, t: Term) -> None:
        super().grant(s, c, t)
        self.voters[c, t] = self.voters[c, t] | {s}

    @action
    def lead(self, s: Server, t: Term) -> None:
        super().lead(s, t)
        self.acknowledged[s, t] = len(self.log[s])

    @action
    def request(self, s: Server, t: Term, v: Value) -> None:
        length = len(self.log[s]) + 1
        super().request(s, t, v)
        self.acknowledged[s, t] = length

    @action
    def receive_append(self, s: Server, t: Term, n: Index, k: Index, c: Index) -> None:
        super().receive_append(s, t, n, k, c)
        length = max(self.acknowledged[s, t], k)
        self.acknowledged[s, t] = length

    @action
    def advance_commit(self, s: Server, t: Term, n: Index) -> None:
        super().advance_commit(s, t, n)
        for k in Index:
            if k > 0 and k <= n and (self.since[k] == Term.zero or t < self.since[k]):
                self.since[k] = t
                self.counted[k] = n

    @define
    def has_voted(self, s: Server, t: Term, candidate: Server) -> bool:
        return s in self.voters[candidate, t]

    leader_has = ProvedRaft.leader_has
    is_lost = ProvedRaft.is_lost
    ends_in = ProvedRaft.ends_in
    server_has = ProvedRaft.server_has
    is_as_good = ProvedRaft.is_as_good
    committed_term = ProvedRaft.committed_term

    # Votes.

    candidates_have_a_term = ProvedRaft.candidates_have_a_term

    @invariant
    def votes_are_recorded(self) -> bool:
        return all(
            t <= self.term[u] and (t < self.term[u] or self.voted_for[u] == c)
            for c in Server
            for t in Term
            for u in self.voters[c, t]
        )

    @invariant
    def votes_were_asked_for(self) -> bool:
        return all(
            self.asked[c, t] is not None for c in Server for t in Term for _ in self.voters[c, t]
        )

    @invariant
    def one_vote_per_term(self) -> bool:
        return all(
            c == d
            for c in Server
            for d in Server
            for t in Term
            for u in self.voters[c, t]
            if u in self.voters[d, t]
        )

    @invariant
    def candidates_ask_in_their_terms(self) -> bool:
        return all(t <= self.term[s] for s in Server for t in Term if self.asked[s, t] is not None)

    @invariant
    def candidates_asked_with_what_they_have(self) -> bool:
        return all(
            self.asked[s, self.term[s]] == Ask(len(self.log[s]), self.last_term(s))
            for s in Server
            if self.role[s] == Role.CANDIDATE
        )

    votes_were_granted = ProvedRaft.votes_were_granted
    no_quorum_is_left_for_another_leader = ProvedRaft.no_quorum_is_left_for_another_leader

    # Leaders, and the logs that they had.

    leaders_were_elected = ProvedRaft.leaders_were_elected

    @invariant
    def who_does_not_lead_has_counted_nothing(self) -> bool:
        return all(
            self.match[s, u] == 0 for s in Server for u in Server if self.role[s] != Role.LEADER
        )

    elections_are_past = ProvedRaft.elections_are_past
    no_quorum_is_left_for_another_election = ProvedRaft.no_quorum_is_left_for_another_election
    logs_are_histories = ProvedRaft.logs_are_histories
    histories_are_histories = ProvedRaft.histories_are_histories
    terms_only_grow = ProvedRaft.terms_only_grow
    logs_match_histories = ProvedRaft.logs_match_histories
    histories_match = ProvedRaft.histories_match

    @invariant
    def leaders_offer_what_they_had(self) -> bool:
        return all(
            t != Term.zero and self.elected[t] is not None and k <= len(self.history[t])
            for t in Term
            for k in Index
            for c in Index
            if self.offered[t, k, c]
        )

    @invariant
    def what_is_offered_is_history(self) -> bool:
        return all(
            self.history[t][n - 1].t <= t
            and self.history[t][n - 1].t != Term.zero
            and self.history[self.history[t][n - 1].t][:n] == self.history[t][:n]
            for t in Term
            for k in Index
            for c in Index
            for n in Index
            if self.offered[t, k, c] and n > 0 and n <= k
        )

    @invariant
    def what_comes_before_is_the_leaders(self) -> bool:
        """What the consistency check shows (§5.3)."""
        return all(
            self.log[s][i] == self.history[t][i]
            for t in Term
            for k in Index
            for c in Index
            for s in Server
            for n in Index
            for i in Index
            if self.offered[t, k, c]
            and i < n
            and n <= len(self.history[t])
            and self.has_prefix(s, t, n)
        )

    # Who acknowledged what, and what may still be chosen.

    acknowledgements_are_past = ProvedRaft.acknowledgements_are_past
    leaders_hold_their_logs = ProvedRaft.leaders_hold_their_logs
    matches_were_acknowledged = ProvedRaft.matches_were_acknowledged
    servers_keep_what_they_acknowledged = ProvedRaft.servers_keep_what_they_acknowledged
    servers_are_as_good_as_what_they_acknowledged = (
        ProvedRaft.servers_are_as_good_as_what_they_acknowledged
    )

    @define
    def asked_as_good(self, c: Server, u: Term, t: Term, n: Index) -> bool:
        """Whether a candidate's log was as up to date as n entries up to term t when it asked."""
        ask = self.asked[c, u]
        return ask is not None and (t < ask.last or (t == ask.last and n <= ask.length))

    @invariant
    def votes_were_for_logs_as_good(self) -> bool:
        return all(
            self.asked_as_good(c, u, t, n) or self.is_lost(t, n, q)  # type: ignore[misc]
            for c in Server
            for u in Term
            for s in self.voters[c, u]
            for t in Term
            for q in Quorum
            for n in Index
            if t < u and self.ends_in(t, n) and n <= self.acknowledged[s, t]  # type: ignore[misc]
        )

    logs_as_good_have_what_may_be_committed = ProvedRaft.logs_as_good_have_what_may_be_committed
    candidates_are_as_good_as_their_voters = ProvedRaft.candidates_are_as_good_as_their_voters
    winners_have_what_may_be_committed = ProvedRaft.winners_have_what_may_be_committed
    later_leaders_have_what_may_be_committed = ProvedRaft.later_leaders_have_what_may_be_committed
    what_is_not_there_is_not_acknowledged = ProvedRaft.what_is_not_there_is_not_acknowledged
    what_is_to_come_is_lost = ProvedRaft.what_is_to_come_is_lost
    what_may_be_counted_is_acknowledged = ProvedRaft.what_may_be_counted_is_acknowledged

    @invariant
    def who_offers_has_what_may_be_committed(self) -> bool:
        return all(
            self.leader_has(u, t, n) or self.is_lost(t, n, q)  # type: ignore[misc]
            for u in Term
            for k in Index
            for c in Index
            for t in Term
            for q in Quorum
            for n in Index
            if self.offered[u, k, c] and t <= u and self.ends_in(t, n)  # type: ignore[misc]
        )

    # What is committed.

    quorums_acknowledged_what_is_committed = ProvedRaft.quorums_acknowledged_what_is_committed
    later_leaders_have_what_was_counted = ProvedRaft.later_leaders_have_what_was_counted
    later_leaders_have_all_that_was_counted = ProvedRaft.later_leaders_have_all_that_was_counted
    later_leaders_have_what_is_committed = ProvedRaft.later_leaders_have_what_is_committed
    later_leaders_have_what_may_be_counted = ProvedRaft.later_leaders_have_what_may_be_counted

    @invariant
    def who_offers_has_what_is_committed(self) -> bool:
        return all(
            self.leader_has(t, self.committed_term(n), n)  # type: ignore[misc]
            for t in Term
            for k in Index
            for c in Index
            for n in Index
            if n > 0 and self.offered[t, k, c] and self.since[n] != Term.zero and self.since[n] <= t
        )

    servers_commit_what_is_committed = ProvedRaft.servers_commit_what_is_committed

    @invariant
    def leaders_announce_what_is_committed(self) -> bool:
        return all(
            self.since[n] != Term.zero and self.since[n] <= t
            for t in Term
            for k in Index
            for c in Index
            for n in Index
            if n > 0 and n <= c and self.offered[t, k, c]
        )

    leaders_have_what_servers_commit = ProvedRaft.leaders_have_what_servers_commit
