"""Reads from a Raft leader without a log entry: by asking a majority whether it still leads.

Ongaro: Consensus: Bridging Theory and Practice (2014), §6.4 (read-index). A read is answered with
what was committed when it came in, so it must contain all that anyone knew to be committed then.
"""

from .language import *
from .raft_atomic import AtomicRaft
from .raft_election import Index, Role, Server, Term


class ReadIndex(AtomicRaft):
    """One read at a time for each leader. No rule reads `newest`, `due` and `stale`: history.

    Proved for any size by `ProvedReadIndex`.
    """

    reading: Map[Server, Index | None] = volatile(None)
    confirmed: Map[Server, Set[Server]] = volatile(frozenset())
    newest: Index = durable(0)
    due: Map[Server, Index] = volatile(0)
    stale: bool = durable(False)

    @action
    def elect(self, s: Server, t: Term, q: Set[Server]) -> None:
        super().elect(s, t, q)
        for u in q:
            self.reading[u] = None
            self.confirmed[u] = frozenset()
            self.due[u] = 0

    @action
    def step_down(self, s: Server, u: Server) -> None:
        super().step_down(s, u)
        self.reading[s] = None
        self.confirmed[s] = frozenset()
        self.due[s] = 0

    @action
    def advance_commit(self, s: Server, n: Index) -> None:
        super().advance_commit(s, n)
        self.newest = max(self.newest, n)

    @action
    def read(self, s: Server) -> None:
        require(self.role[s] == Role.LEADER)
        require(self.reading[s] is None)
        require(self.knows_commits(s))
        self.reading[s] = self.commit[s]
        self.confirmed[s] = {s}
        self.due[s] = self.newest

    @action
    def confirm(self, s: Server, u: Server) -> None:
        """A heartbeat of the read, and its answer."""
        require(self.reading[s] is not None and u not in self.confirmed[s])
        require(self.term[u] == self.term[s])
        self.confirmed[s] = self.confirmed[s] | {u}

    @action
    def answer(self, s: Server) -> None:
        require(self.may_answer(s))
        if self.reading[s] is not None and self.reading[s] < self.due[s]:  # type: ignore[operator]
            self.stale = True
        self.reading[s] = None
        self.confirmed[s] = frozenset()
        self.due[s] = 0

    @define
    def knows_commits(self, s: Server) -> bool:
        """§6.4, step 1: an entry of its own term is committed, so all that was before is."""
        return self.term_at(s, self.commit[s]) == self.term[s]

    @define
    def may_answer(self, s: Server) -> bool:
        return self.reading[s] is not None and self.is_quorum(s, self.confirmed[s])

    @invariant
    def no_read_is_stale(self) -> bool:
        return not self.stale

    @reachable
    def a_read_is_answered(self) -> bool:
        return any(self.may_answer(s) and self.due[s] > 0 for s in Server)
