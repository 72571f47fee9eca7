"""Raft with the companions that make its commits provably safe, for any number of servers.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.4.3, figure 3;
Woos et al.: Planning for Change in a Formal Verification of the Raft Consensus Protocol (CPP 2016).

The companions speak of history variables, such as the log of each term's leader: actions write them
and nothing else reads them, so what is proved of the other variables holds of `Raft` itself (Abadi,
Lamport: The Existence of Refinement Mappings, 1991). Half of the companions are stepping stones:
consequences of the others, each one step of the argument, with the terms that Z3 has to look at.
"""

from quorate.model.language import *
from quorate.model.raft import Ack, Append
from quorate.model.raft_election import Index, Quorum, RequestVote, Role, Server, Term, Value

from .raft_log import ProvedRaftLogs


class ProvedRaft(ProvedRaftLogs):
    """All of Raft's log properties, with three more variables of history.

    `acknowledged` is how much of each leader's log a server said that it holds, or held as that
    leader. A prefix of n entries was first (in the order of terms) found committed in the term
    `since[n]`, when the leader counted `counted[n]` entries.

    That a prefix is shared is said by the term of its last entry: that what comes before it is the
    same too is log matching.
    """

    acknowledged: Map[Server, Term, Index] = durable(0)
    since: Map[Index, Term] = durable(Term.zero)
    counted: Map[Index, Index] = durable(0)

    @action
    def lead(self, s: Server) -> None:
        super().lead(s)
        self.acknowledged[s, self.term[s]] = len(self.log[s])

    @action
    def request(self, s: Server, v: Value) -> None:
        length = len(self.log[s]) + 1
        super().request(s, v)
        self.acknowledged[s, self.term[s]] = length

    @action
    def receive_append(self, s: Server, m: Append) -> None:
        super().receive_append(s, m)
        length = max(self.acknowledged[s, m.t], m.prefix + len(m.entries))
        self.acknowledged[s, m.t] = length

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
    def acknowledgements_are_past(self) -> bool:
        return all(
            self.acknowledged[s, t] <= len(self.history[t])
            and (self.acknowledged[s, t] == 0 or t <= self.term[s])
            for s in Server
            for t in Term
        )

    @invariant
    def leaders_hold_their_logs(self) -> bool:
        return all(
            self.acknowledged[s, t] == len(self.history[t])
            for t in Term
            for s in Server
            if self.elected[t] == s
        )

    @invariant
    def acknowledgements_are_recorded(self) -> bool:
        return all(
            m.t != Term.zero and m.length <= self.acknowledged[m.follower, m.t]
            for m in self.sent[Ack]
        )

    @invariant
    def matches_were_acknowledged(self) -> bool:
        return all(
            self.match[s, u] <= self.acknowledged[u, self.term[s]]
            for s in Server
            for u in Server
            if self.role[s] == Role.LEADER
        )

    # What may still be chosen: a prefix that ends in its leader's term, held by a quorum.

    @define
    def is_lost(self, t: Term, n: Index, q: Quorum) -> bool:
        """Whether this quorum cannot commit the first n entries in this term any more."""
        return any(t < self.term[s] and self.acknowledged[s, t] < n for s in q)

    @define
    def ends_in(self, t: Term, n: Index) -> bool:
        """Whether the leader of this term may commit its first n entries by counting."""
        return n > 0 and self.leader_has(t, t, n)

    @define
    def server_has(self, s: Server, t: Term, n: Index) -> bool:
        """Whether the n-th entry of this server is of term t."""
        return n <= len(self.log[s]) and self.log[s][n - 1].t == t

    @define
    def is_as_good(self, s: Server, t: Term, n: Index) -> bool:
        """Whether the log of this server is as up to date as n entries up to term t."""
        last = self.last_term(s)
        return t < last or (t == last and n <= len(self.log[s]))

    @invariant
    def servers_keep_what_they_acknowledged(self) -> bool:
        return all(
            self.server_has(s, t, n) or self.is_lost(t, n, q)
            for s in Server
            for t in Term
            for q in Quorum
            for n in Index
            if self.ends_in(t, n) and n <= self.acknowledged[s, t]
        )

    @invariant
    def servers_are_as_good_as_what_they_acknowledged(self) -> bool:
        return all(
            self.is_as_good(s, t, n) or self.is_lost(t, n, q)
            for s in Server
            for t in Term
            for q in Quorum
            for n in Index
            if self.ends_in(t, n) and n <= self.acknowledged[s, t]
        )

    @invariant
    def votes_were_for_logs_as_good(self) -> bool:
        return all(
            t < m.last or (t == m.last and n <= m.length) or self.is_lost(t, n, q)
            for m in self.sent[RequestVote]
            for s in Server
            for t in Term
            for q in Quorum
            for n in Index
            if t < m.t
            and self.has_voted(s, m.t, m.candidate)
            and self.ends_in(t, n)
            and n <= self.acknowledged[s, t]
        )

    @invariant
    def logs_as_good_have_what_may_be_committed(self) -> bool:
        return all(
            self.server_has(s, t, n) or self.is_lost(t, n, q)
            for s in Server
            for t in Term
            for q in Quorum
            for n in Index
            if self.ends_in(t, n) and self.is_as_good(s, t, n)
        )

    @invariant
    def candidates_are_as_good_as_their_voters(self) -> bool:
        return all(
            self.term[s] <= self.term[u] and (self.is_as_good(s, t, n) or self.is_lost(t, n, q))
            for s in Server
            for u in self.votes[s]
            for t in Term
            for q in Quorum
            for n in Index
            if self.role[s] == Role.CANDIDATE
            and t < self.term[s]
            and self.ends_in(t, n)
            and n <= self.acknowledged[u, t]
        )

    @invariant
    def winners_have_what_may_be_committed(self) -> bool:
        return all(
            self.server_has(s, t, n) or self.is_lost(t, n, q)
            for s in Server
            for p in Quorum
            for t in Term
            for q in Quorum
            for n in Index
            if self.role[s] == Role.CANDIDATE
            and p <= self.votes[s]
            and t < self.term[s]
            and self.ends_in(t, n)
        )

    @invariant
    def later_leaders_have_what_may_be_committed(self) -> bool:
        return all(
            self.leader_has(u, t, n) or self.is_lost(t, n, q)
            for t in Term
            for u in Term
            for q in Quorum
            for n in Index
            if t < u and self.elected[u] is not None and self.ends_in(t, n)
        )

    @invariant
    def what_is_not_there_is_not_acknowledged(self) -> bool:
        return all(
            self.acknowledged[s, t] <= len(self.history[t]) for t in Term for q in Quorum for s in q
        )

    @invariant
    def what_is_to_come_is_lost(self) -> bool:
        return all(
            self.is_lost(t, n, q)
            for t in Term
            for u in Term
            for q in Quorum
            for n in Index
            if t < u and self.elected[u] is not None and n > len(self.history[t])
        )

    @invariant
    def what_may_be_counted_is_acknowledged(self) -> bool:
        return all(
            n <= self.acknowledged[u, self.term[s]]
            for s in Server
            for n in Index
            for q in Quorum
            for u in q
            if self.role[s] == Role.LEADER
            and n <= len(self.log[s])
            and all(v == s or n <= self.match[s, v] for v in q)
        )

    # What an append does to a log.

    @invariant
    def what_does_not_conflict_is_the_senders(self) -> bool:
        return all(
            self.log[s][i].t == self.history[m.t][i].t
            for s in Server
            for m in self.sent[Append]
            for i in Index
            if m.prefix <= i
            and i < len(self.log[s])
            and i - m.prefix < len(m.entries)
            and not self.conflicts(s, m)
        )

    @invariant
    def what_is_shared_does_not_conflict(self) -> bool:
        return all(
            not self.conflicts(s, m)
            for s in Server
            for m in self.sent[Append]
            for n in Index
            if n > m.prefix + len(m.entries)
            and n <= len(self.log[s])
            and self.leader_has(m.t, self.log[s][n - 1].t, n)
        )

    @invariant
    def senders_have_what_may_be_committed(self) -> bool:
        return all(
            self.leader_has(m.t, t, n) or self.is_lost(t, n, q)
            for m in self.sent[Append]
            for t in Term
            for q in Quorum
            for n in Index
            if t <= m.t and self.ends_in(t, n)
        )

    # What is committed.

    @invariant
    def quorums_acknowledged_what_is_committed(self) -> bool:
        return all(
            n <= self.counted[n]
            and self.ends_in(self.since[n], self.counted[n])
            and any(
                all(self.counted[n] <= self.acknowledged[s, self.since[n]] for s in q)
                for q in Quorum
            )
            for n in Index
            if self.since[n] != Term.zero
        )

    @define
    def committed_term(self, n: Index) -> Term:
        """The term of the last of the first n entries, which are committed."""
        return self.history[self.since[n]][n - 1].t

    @invariant
    def later_leaders_have_what_was_counted(self) -> bool:
        return all(
            self.leader_has(u, self.since[n], self.counted[n])
            for n in Index
            for u in Term
            if self.since[n] != Term.zero and self.since[n] <= u and self.elected[u] is not None
        )

    @invariant
    def later_leaders_have_all_that_was_counted(self) -> bool:
        return all(
            self.leader_has(u, self.history[self.since[n]][k - 1].t, k)
            for n in Index
            for k in Index
            for u in Term
            if k > 0
            and k <= self.counted[n]
            and self.since[n] != Term.zero
            and self.since[n] <= u
            and self.elected[u] is not None
        )

    @invariant
    def later_leaders_have_what_is_committed(self) -> bool:
        return all(
            self.leader_has(u, self.committed_term(n), n)
            for n in Index
            for u in Term
            if n > 0
            and self.since[n] != Term.zero
            and self.since[n] <= u
            and self.elected[u] is not None
        )

    @invariant
    def senders_have_what_is_committed(self) -> bool:
        return all(
            self.leader_has(m.t, self.committed_term(n), n)
            for m in self.sent[Append]
            for n in Index
            if n > 0 and self.since[n] != Term.zero and self.since[n] <= m.t
        )

    @invariant
    def later_leaders_have_what_may_be_counted(self) -> bool:
        return all(
            self.leader_has(u, self.history[self.term[s]][k - 1].t, k)
            for s in Server
            for n in Index
            for q in Quorum
            for u in Term
            for k in Index
            if k > 0
            and k <= n
            and n <= len(self.log[s])
            and self.role[s] == Role.LEADER
            and self.may_commit(s, n)
            and self.term[s] < u
            and self.elected[u] is not None
            and all(v == s or n <= self.match[s, v] for v in q)
        )

    @invariant
    def servers_commit_what_is_committed(self) -> bool:
        return all(
            self.since[n] != Term.zero
            and self.since[n] <= self.term[s]
            and self.server_has(s, self.committed_term(n), n)
            for s in Server
            for n in Index
            if n > 0 and n <= self.commit[s]
        )

    @invariant
    def leaders_announce_what_is_committed(self) -> bool:
        return all(
            self.since[n] != Term.zero and self.since[n] <= m.t
            for m in self.sent[Append]
            for n in Index
            if n > 0 and n <= m.commit
        )

    @invariant
    def leaders_have_what_servers_commit(self) -> bool:
        return all(
            self.server_has(s, self.log[u][self.commit[u] - 1].t, self.commit[u])
            for s in Server
            for u in Server
            if self.commit[u] > 0 and self.role[s] == Role.LEADER and self.term[u] <= self.term[s]
        )
