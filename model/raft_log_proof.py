"""Raft with the companions that make its log properties inductive, for any number of servers.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.4.3, figure 3;
Woos et al.: Planning for Change in a Formal Verification of the Raft Consensus Protocol (CPP 2016).
"""

from quorate.model.language import *
from quorate.model.raft import Ack, Append, Raft
from quorate.model.raft_election import (
    Entry,
    Index,
    Quorum,
    RequestVote,
    Role,
    Server,
    Term,
    Value,
)
from quorate.model.raft_proof import ProvedRaftElection


class ProvedRaftLogs(Raft, ProvedRaftElection):
    """Election safety and log matching, with two variables of history that no rule reads.

    `history` is what the log of each term's leader became, `elected` that leader.
    """

    elected: Map[Term, Server | None] = durable(None)
    history: Map[Term, Seq[Entry, Index]] = durable(())

    @action
    def lead(self, s: Server) -> None:
        super().lead(s)
        self.elected[self.term[s]] = s
        self.history[self.term[s]] = self.log[s]

    @action
    def request(self, s: Server, v: Value) -> None:
        log = self.log[s]
        super().request(s, v)
        self.history[self.term[s]] = log + (Entry(self.term[s], v),)  # noqa: RUF005

    # Leaders, and the logs that they had.

    @invariant
    def leaders_were_elected(self) -> bool:
        return all(
            self.elected[self.term[s]] == s and self.log[s] == self.history[self.term[s]]
            for s in Server
            if self.role[s] == Role.LEADER
        )

    @invariant
    def elections_are_past(self) -> bool:
        return all(
            len(self.history[t]) == 0
            if self.elected[t] is None
            else all(
                t <= self.term[s] and (t < self.term[s] or self.role[s] != Role.CANDIDATE)
                for s in Server
                if self.elected[t] == s
            )
            for t in Term
        )

    @invariant
    def no_quorum_is_left_for_another_election(self) -> bool:
        return all(
            any(self.has_voted(u, t, s) for u in q)
            for t in Term
            for s in Server
            for q in Quorum
            if self.elected[t] == s
        )

    @invariant
    def logs_are_histories(self) -> bool:
        return all(
            self.log[s][n - 1].t <= self.term[s]
            and self.log[s][n - 1].t != Term.zero
            and self.history[self.log[s][n - 1].t][:n] == self.log[s][:n]
            for s in Server
            for n in Index
            if n > 0 and n <= len(self.log[s])
        )

    @invariant
    def histories_are_histories(self) -> bool:
        return all(
            self.history[t][n - 1].t <= t
            and self.history[t][n - 1].t != Term.zero
            and self.history[self.history[t][n - 1].t][:n] == self.history[t][:n]
            for t in Term
            for n in Index
            if n > 0 and n <= len(self.history[t])
        )

    @invariant
    def terms_only_grow(self) -> bool:
        return all(
            self.history[t][m - 1].t <= self.history[t][n - 1].t
            for t in Term
            for m in Index
            for n in Index
            if m > 0 and m <= n and n <= len(self.history[t])
        )

    @invariant
    def appends_are_histories(self) -> bool:
        return all(
            m.t != Term.zero
            and self.elected[m.t] == m.leader
            and m.prefix + len(m.entries) <= len(self.history[m.t])
            and m.last == (self.history[m.t][m.prefix - 1].t if m.prefix > 0 else Term.zero)
            and all(m.entries[i] == self.history[m.t][m.prefix + i] for i in range(len(m.entries)))
            for m in self.sent[Append]
        )

    @invariant
    def what_comes_before_is_shared(self) -> bool:
        """What the consistency check shows (§5.3)."""
        return all(
            self.log[s][: m.prefix] == self.history[m.t][: m.prefix]
            for s in Server
            for m in self.sent[Append]
            if self.has_prefix(s, m)
        )


class ProvedRaft(ProvedRaftLogs):
    """All of Raft's log properties, with two more variables of history.

    A prefix of n entries was first (in the order of terms) found committed in the term `since[n]`,
    when the leader counted `counted[n]` entries.
    """

    since: Map[Index, Term] = durable(Term.zero)
    counted: Map[Index, Index] = durable(0)

    @action
    def advance_commit(self, s: Server, n: Index) -> None:
        super().advance_commit(s, n)
        for k in Index:
            if k > 0 and k <= n and (self.since[k] == Term.zero or self.term[s] < self.since[k]):
                self.since[k] = self.term[s]
                self.counted[k] = n

    # Who asked for votes, and who acknowledged what.

    @invariant
    def one_request_per_term(self) -> bool:
        return all(
            m.length == n.length and m.last == n.last
            for m in self.sent[RequestVote]
            for n in self.sent[RequestVote]
            if m.t == n.t and m.candidate == n.candidate
        )

    @invariant
    def candidates_sent_what_they_have(self) -> bool:
        return all(
            RequestVote(self.term[s], s, len(self.log[s]), self.last_term(s)) in self.sent
            for s in Server
            if self.role[s] == Role.CANDIDATE
        )

    @invariant
    def acks_are_past(self) -> bool:
        return all(
            m.t != Term.zero
            and m.t <= self.term[m.follower]
            and self.elected[m.t] == m.leader
            and m.length <= len(self.history[m.t])
            for m in self.sent[Ack]
        )

    @invariant
    def matches_were_acknowledged(self) -> bool:
        return all(
            self.match[s, u] == 0 or Ack(self.term[s], u, s, self.match[s, u]) in self.sent
            for s in Server
            for u in Server
            if self.role[s] == Role.LEADER
        )

    # What may still be chosen: a prefix that ends in its leader's term, held by a quorum.

    @define
    def has_acknowledged(self, s: Server, t: Term, n: Index) -> bool:
        return self.elected[t] == s or any(
            m.t == t and m.follower == s and n <= m.length for m in self.sent[Ack]
        )

    @define
    def is_lost(self, t: Term, n: Index, q: Quorum) -> bool:
        """Whether this quorum cannot commit the first n entries in this term any more."""
        return any(t < self.term[s] and not self.has_acknowledged(s, t, n) for s in q)

    @define
    def ends_in(self, t: Term, n: Index) -> bool:
        """Whether the leader of this term may commit its first n entries by counting."""
        return n > 0 and n <= len(self.history[t]) and self.history[t][n - 1].t == t

    @invariant
    def followers_keep_what_they_acknowledged(self) -> bool:
        return all(
            self.log[m.follower][:n] == self.history[m.t][:n] or self.is_lost(m.t, n, q)
            for m in self.sent[Ack]
            for q in Quorum
            for n in Index
            if m.follower in q and n <= m.length and self.ends_in(m.t, n)
        )

    @invariant
    def leaders_keep_what_they_have(self) -> bool:
        return all(
            self.log[s][:n] == self.history[t][:n] or self.is_lost(t, n, q)
            for t in Term
            for q in Quorum
            for s in q
            for n in Index
            if self.elected[t] == s and self.ends_in(t, n)
        )

    @invariant
    def votes_were_for_logs_as_good_as_acknowledged(self) -> bool:
        return all(
            a.t < m.last or (a.t == m.last and n <= m.length) or self.is_lost(a.t, n, q)
            for a in self.sent[Ack]
            for m in self.sent[RequestVote]
            for q in Quorum
            for n in Index
            if a.follower in q
            and self.has_voted(a.follower, m.t, m.candidate)
            and a.t < m.t
            and n <= a.length
            and self.ends_in(a.t, n)
        )

    @invariant
    def votes_were_for_logs_as_good_as_led(self) -> bool:
        return all(
            t < m.last or (t == m.last and n <= m.length) or self.is_lost(t, n, q)
            for m in self.sent[RequestVote]
            for t in Term
            for q in Quorum
            for s in q
            for n in Index
            if self.elected[t] == s
            and self.has_voted(s, m.t, m.candidate)
            and t < m.t
            and self.ends_in(t, n)
        )

    @invariant
    def candidates_are_as_good_as_what_may_be_committed(self) -> bool:
        return all(
            t < self.last_term(s)
            or (t == self.last_term(s) and n <= len(self.log[s]))
            or self.is_lost(t, n, q)
            for s in Server
            for t in Term
            for q in Quorum
            for u in q
            for n in Index
            if self.role[s] == Role.CANDIDATE
            and self.has_voted(u, self.term[s], s)
            and t < self.term[s]
            and self.has_acknowledged(u, t, n)
            and self.ends_in(t, n)
        )

    @invariant
    def later_logs_have_what_may_be_committed(self) -> bool:
        return all(
            self.log[s][:n] == self.history[t][:n] or self.is_lost(t, n, q)
            for s in Server
            for t in Term
            for q in Quorum
            for n in Index
            if self.ends_in(t, n)
            and (t < self.last_term(s) or (t == self.last_term(s) and n <= len(self.log[s])))
        )

    @invariant
    def later_leaders_have_what_may_be_committed(self) -> bool:
        return all(
            self.history[u][:n] == self.history[t][:n] or self.is_lost(t, n, q)
            for t in Term
            for u in Term
            for q in Quorum
            for n in Index
            if t < u and self.elected[u] is not None and self.ends_in(t, n)
        )

    # What is committed.

    @invariant
    def quorums_acknowledged_what_is_committed(self) -> bool:
        return all(
            n <= self.counted[n]
            and self.ends_in(self.since[n], self.counted[n])
            and any(
                all(self.has_acknowledged(s, self.since[n], self.counted[n]) for s in q)
                for q in Quorum
            )
            for n in Index
            if self.since[n] != Term.zero
        )

    @invariant
    def commits_are_ordered(self) -> bool:
        return all(
            self.since[m] != Term.zero and self.since[m] <= self.since[n]
            for n in Index
            for m in Index
            if m > 0 and m <= n and self.since[n] != Term.zero
        )

    @invariant
    def later_leaders_have_what_is_committed(self) -> bool:
        return all(
            self.history[u][:n] == self.history[self.since[n]][:n]
            for n in Index
            for u in Term
            if self.since[n] != Term.zero and self.since[n] <= u and self.elected[u] is not None
        )

    @invariant
    def what_is_committed_agrees(self) -> bool:
        return all(
            self.history[self.since[m]][:m] == self.history[self.since[n]][:m]
            for n in Index
            for m in Index
            if m > 0 and m <= n and self.since[n] != Term.zero
        )

    @invariant
    def servers_commit_what_is_committed(self) -> bool:
        return all(
            self.since[self.commit[s]] != Term.zero
            and self.since[self.commit[s]] <= self.term[s]
            and self.log[s][: self.commit[s]]
            == self.history[self.since[self.commit[s]]][: self.commit[s]]
            for s in Server
            if self.commit[s] > 0
        )

    @invariant
    def leaders_announce_what_is_committed(self) -> bool:
        return all(
            self.since[m.commit] != Term.zero
            and self.since[m.commit] <= m.t
            and self.history[m.t][: m.commit] == self.history[self.since[m.commit]][: m.commit]
            for m in self.sent[Append]
            if m.commit > 0
        )
