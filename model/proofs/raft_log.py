"""Raft with the companions that make its log properties inductive, for any number of servers.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.4.3, figure 3;
Woos et al.: Planning for Change in a Formal Verification of the Raft Consensus Protocol (CPP 2016).
"""

from quorate.model.language import *
from quorate.model.raft import Append, Raft
from quorate.model.raft_election import Entry, Index, Quorum, Role, Server, Term, Value

from .raft_election import ProvedRaftElection


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

    # Log matching, between any two logs that there are or were.

    @define
    def leader_has(self, u: Term, t: Term, n: Index) -> bool:
        """Whether the n-th entry of this leader is of term t."""
        return n <= len(self.history[u]) and self.history[u][n - 1].t == t

    @invariant
    def logs_match_histories(self) -> bool:
        return all(
            self.log[s][:n] == self.history[t][:n]
            for s in Server
            for t in Term
            for n in Index
            if n > 0 and n <= len(self.log[s]) and self.leader_has(t, self.log[s][n - 1].t, n)
        )

    @invariant
    def histories_match(self) -> bool:
        return all(
            self.history[u][:n] == self.history[t][:n]
            for u in Term
            for t in Term
            for n in Index
            if n > 0
            and n <= len(self.history[u])
            and self.leader_has(t, self.history[u][n - 1].t, n)
        )

    # What comes with an append: entries of its sender's log, by their places there.

    @invariant
    def senders_logs_are_histories(self) -> bool:
        return all(
            self.history[m.t][n - 1].t <= m.t
            and self.history[m.t][n - 1].t != Term.zero
            and self.history[self.history[m.t][n - 1].t][:n] == self.history[m.t][:n]
            for m in self.sent[Append]
            for n in Index
            if n > 0 and n <= len(self.history[m.t])
        )

    @invariant
    def what_comes_before_is_the_senders(self) -> bool:
        return all(
            self.log[s][i] == self.history[m.t][i]
            for s in Server
            for m in self.sent[Append]
            for i in Index
            if i < m.prefix and self.has_prefix(s, m)
        )

    @invariant
    def entries_are_the_senders(self) -> bool:
        return all(
            i < len(self.history[m.t]) and m.entries[i - m.prefix] == self.history[m.t][i]
            for m in self.sent[Append]
            for i in Index
            if m.prefix <= i and i - m.prefix < len(m.entries)
        )
