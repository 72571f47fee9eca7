"""Raft that sends whatever it may at once: the same states of servers, from far fewer in all.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.3, §5.4. In
`raft.Raft` a message may be received late, again, or never. So a leader that sends all that it can
in each of its states takes no step away and adds none: what it had not sent is never received. And
votes and acknowledgements are counted as they are given: Raft may deliver them at once, and to have
them earlier forbids nothing. Appends and requests for votes still come late, again, or never.
"""

from .language import *
from .raft_election import Entry, Index, Quorum, Role, Server, Term, Value
from .raft_logs import RaftLogs


class Ask(Record):
    length: Index
    last: Term


class PromptRaft(RaftLogs):
    """The network is what each candidate asked, and for each term the log of its leader, with the
    lengths and commit indices that it had together.

    Proved for any size by `ProvedPromptRaft`. That its servers have the states of `raft.Raft`'s is
    compared at small sizes.
    """

    faults = {"crash": 1}

    voted_for: Map[Server, Server | None] = durable(None)
    votes: Map[Server, Set[Server]] = volatile(frozenset())

    asked: Map[Server, Term, Ask | None] = durable(None)
    elected: Map[Term, Server | None] = durable(None)
    history: Map[Term, Seq[Entry, Index]] = durable(())
    offered: Map[Term, Index, Index, bool] = durable(False)

    @action
    def timeout(self, s: Server, t: Term) -> None:
        require(self.role[s] != Role.LEADER)
        require(self.term[s] < t and not any(self.term[s] < u and u < t for u in Term))
        self.asked[s, t] = Ask(len(self.log[s]), self.last_term(s))
        self.term[s] = t
        self.role[s] = Role.CANDIDATE
        self.voted_for[s] = s
        self.votes[s] = {s}

    @action
    def step_down(self, s: Server, t: Term) -> None:
        require(self.term[s] < t)
        require(any(self.asked[u, t] is not None for u in Server))
        self.term[s] = t
        self.role[s] = Role.FOLLOWER
        self.voted_for[s] = None
        self.votes[s] = frozenset()
        for w in Server:
            self.match[s, w] = 0

    @action
    def grant(self, s: Server, c: Server, t: Term) -> None:
        require(self.term[s] == t and self.voted_for[s] is None)
        require(self.is_up_to_date(s, c, t))
        self.voted_for[s] = c
        if self.role[c] == Role.CANDIDATE and self.term[c] == t:
            self.votes[c] = self.votes[c] | {s}

    @action
    def lead(self, s: Server, t: Term) -> None:
        require(self.role[s] == Role.CANDIDATE and self.term[s] == t)
        require(any(q <= self.votes[s] for q in Quorum))
        self.role[s] = Role.LEADER
        self.votes[s] = frozenset()
        self.elected[t] = s
        self.history[t] = self.log[s]
        self.offered[t, len(self.log[s]), self.commit[s]] = True

    @action
    def request(self, s: Server, t: Term, v: Value) -> None:
        require(self.role[s] == Role.LEADER and self.term[s] == t)
        require(any(len(self.log[s]) < n for n in Index))  # the bound
        longer = self.log[s] + (Entry(t, v),)
        self.log[s] = longer
        self.history[t] = longer
        self.offered[t, len(longer), self.commit[s]] = True

    @action
    def receive_append(self, s: Server, t: Term, n: Index, k: Index, c: Index) -> None:
        """What follows the first n of the k entries that the leader had when it knew c."""
        require(self.term[s] == t and self.role[s] != Role.LEADER)
        require(self.offered[t, k, c] and n <= k)
        require(self.has_prefix(s, t, n))
        if self.conflicts(s, t, n, k) or len(self.log[s]) < k:
            self.log[s] = self.log[s][:n] + self.history[t][n:k]
        self.commit[s] = max(self.commit[s], min(c, k))
        self.role[s] = Role.FOLLOWER
        self.votes[s] = frozenset()
        for u in Server:
            if self.elected[t] == u and self.role[u] == Role.LEADER and self.term[u] == t:
                self.match[u, s] = max(self.match[u, s], k)

    @action
    def advance_commit(self, s: Server, t: Term, n: Index) -> None:
        require(self.role[s] == Role.LEADER and self.term[s] == t)
        require(self.commit[s] < n and n <= len(self.log[s]))
        require(self.may_commit(s, n))
        require(any(all(u == s or n <= self.match[s, u] for u in q) for q in Quorum))
        self.commit[s] = n
        self.offered[t, len(self.log[s]), n] = True

    @action(fault="crash")
    def restart(self, s: Server) -> None:
        self.crash(s)

    @define
    def last_term(self, s: Server) -> Term:
        return self.log[s][-1].t if len(self.log[s]) > 0 else Term.zero

    @define
    def leaders_term(self, t: Term, n: Index) -> Term:
        return self.history[t][n - 1].t if n > 0 else Term.zero

    @define
    def is_up_to_date(self, s: Server, c: Server, t: Term) -> bool:
        """§5.4.1, of what c had when it asked."""
        ask = self.asked[c, t]
        mine = self.last_term(s)
        return ask is not None and (
            mine < ask.last or (mine == ask.last and len(self.log[s]) <= ask.length)
        )

    @define
    def has_prefix(self, s: Server, t: Term, n: Index) -> bool:
        return n <= len(self.log[s]) and self.term_at(s, n) == self.leaders_term(t, n)

    @define
    def conflicts(self, s: Server, t: Term, n: Index, k: Index) -> bool:
        return any(
            self.term_at(s, i) != self.leaders_term(t, i)
            for i in Index
            if n < i and i <= k and i <= len(self.log[s])
        )

    @invariant
    def election_safety(self) -> bool:
        leaders = [s for s in Server if self.role[s] == Role.LEADER]
        return all(s == u for s in leaders for u in leaders if self.term[s] == self.term[u])


class InterruptedRaft(PromptRaft):
    """With crashes in the middle of a `step_down`, of which then nothing remains.

    They do what a `restart` does: to say that they may happen is to ask it of an implementation.
    """

    @action(fault="crash")
    def crash_between(self, s: Server, t: Term) -> None:
        require(self.term[s] < t)
        require(any(self.asked[u, t] is not None for u in Server))
        self.crash(s)
