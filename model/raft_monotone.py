"""Raft with a record of how far each server ever was: what is known only grows.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), figure 2:
`commitIndex` and `matchIndex` increase monotonically. Nothing else of Raft's safety needs that, but
a state machine that executes up to `commitIndex` does.
"""

from .language import *
from .raft_atomic import AtomicRaft
from .raft_election import Index, Role, Server, Term


class MonotoneRaft(AtomicRaft):
    """The records begin anew as what they record does: with a restart, or with a new leader."""

    committed: Map[Server, Index] = volatile(0)
    matched: Map[Server, Server, Index] = volatile(0)

    @action
    def elect(self, s: Server, t: Term, q: Set[Server]) -> None:
        super().elect(s, t, q)
        for u in q:
            for w in Server:
                self.matched[u, w] = 0

    @action
    def step_down(self, s: Server, u: Server) -> None:
        super().step_down(s, u)
        for w in Server:
            self.matched[s, w] = 0

    @action
    def replicate(self, s: Server, u: Server, n: Index, k: Index) -> None:
        super().replicate(s, u, n, k)
        committed = max(self.committed[u], self.commit[u])
        matched = max(self.matched[s, u], self.match[s, u])
        self.committed[u] = committed
        self.matched[s, u] = matched

    @action
    def advance_commit(self, s: Server, n: Index) -> None:
        super().advance_commit(s, n)
        self.committed[s] = n

    @invariant
    def commits_only_grow(self) -> bool:
        return all(self.committed[s] <= self.commit[s] for s in Server)

    @invariant
    def matches_only_grow(self) -> bool:
        return all(
            self.matched[s, u] <= self.match[s, u]
            for s in Server
            for u in Server
            if self.role[s] == Role.LEADER
        )
