"""Raft in which each exchange of messages is one step: the base of its extensions.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5. Whoever is
asked answers at once, as in Schultz, Dardik and Tripakis: Design and Verification of a Logless
Dynamic Reconfiguration Protocol (OPODIS 2021), §4.

Each run is one of `raft.Raft`, whose messages may be delivered at once, if its leader may send any
part of its log: a bug that is found here is real, and takes a third of the steps. The other way
round it is not so: what a message can do that arrives late is left to `raft.Raft`.
"""

from .language import *
from .raft_election import Entry, Index, Quorum, Role, Server, Term, Value
from .raft_logs import RaftLogs


class AtomicRaft(RaftLogs):
    """A campaign that fails does nothing but raise terms, which the next one does as well.

    Proved for any size by `ProvedAtomicRaft`.
    """

    faults = {"crash": 1}

    @action
    def elect(self, s: Server, t: Term, q: Set[Server]) -> None:
        require(self.role[s] != Role.LEADER)
        require(s in q and all(self.term[u] < t for u in q))
        require(all(self.is_up_to_date(u, s) for u in q))
        require(self.is_quorum(s, q))
        for u in q:
            self.term[u] = t
            self.role[u] = Role.LEADER if u == s else Role.FOLLOWER
            for w in Server:
                self.match[u, w] = 0

    @action
    def step_down(self, s: Server, u: Server) -> None:
        """It hears of a later term, from anyone."""
        require(self.term[s] < self.term[u])
        self.term[s] = self.term[u]
        self.role[s] = Role.FOLLOWER
        for w in Server:
            self.match[s, w] = 0

    @action
    def request(self, s: Server, v: Value) -> None:
        require(self.role[s] == Role.LEADER)
        require(any(len(self.log[s]) < n for n in Index))  # the bound
        self.log[s] = self.log[s] + (Entry(self.term[s], v),)

    @action
    def replicate(self, s: Server, u: Server, n: Index, k: Index) -> None:
        """The entries after the first n, up to the k-th; none of them are a heartbeat."""
        require(self.role[s] == Role.LEADER and self.role[u] != Role.LEADER)
        require(self.term[u] == self.term[s])
        require(n <= k and k <= len(self.log[s]))
        require(self.has_prefix(s, u, n))
        if self.conflicts(s, u, n, k) or len(self.log[u]) < k:
            self.log[u] = self.log[u][:n] + self.log[s][n:k]
        self.commit[u] = max(self.commit[u], min(self.commit[s], k))
        self.match[s, u] = max(self.match[s, u], k)

    @action
    def advance_commit(self, s: Server, n: Index) -> None:
        require(self.role[s] == Role.LEADER)
        require(self.commit[s] < n and n <= len(self.log[s]))
        require(self.may_commit(s, n))
        holders = {u for u in Server if u == s or n <= self.match[s, u]}
        require(self.is_quorum(s, holders))  # type: ignore[arg-type]
        self.commit[s] = n

    @action(fault="crash")
    def restart(self, s: Server) -> None:
        self.crash(s)

    @define
    def is_quorum(self, s: Server, q: Set[Server]) -> bool:
        """Whether these servers are enough for s to be elected, or to commit."""
        return any(p <= q for p in Quorum)

    @define
    def last_term(self, s: Server) -> Term:
        return self.log[s][-1].t if len(self.log[s]) > 0 else Term.zero

    @define
    def is_up_to_date(self, u: Server, s: Server) -> bool:
        """§5.4.1: u votes for s, whose last term is later, or whose log is no shorter."""
        mine = self.last_term(u)
        last = self.last_term(s)
        return mine < last or (mine == last and len(self.log[u]) <= len(self.log[s]))

    @define
    def has_prefix(self, s: Server, u: Server, n: Index) -> bool:
        """§5.3, the consistency check: u has what comes before the new entries of s."""
        return n <= len(self.log[u]) and self.term_at(u, n) == self.term_at(s, n)

    @define
    def conflicts(self, s: Server, u: Server, n: Index, k: Index) -> bool:
        """§5.3: only a conflicting entry is deleted, and all that follow it."""
        return any(
            self.term_at(u, i) != self.term_at(s, i)
            for i in Index
            if n < i and i <= k and i <= len(self.log[u])
        )

    @invariant
    def election_safety(self) -> bool:
        leaders = [s for s in Server if self.role[s] == Role.LEADER]
        return all(s == u for s in leaders for u in leaders if self.term[s] == self.term[u])
