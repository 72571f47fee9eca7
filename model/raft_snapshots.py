"""Raft with snapshots, which take the place of the entries that they cover.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §7; Ongaro:
Consensus (2014), §5. What the state machine makes of entries is left out: a snapshot of the first n
entries is these entries, with the term of the last. `base` is how many are in the snapshot; no rule
looks at them one by one any more.
"""

from .language import *
from .raft_atomic import AtomicRaft
from .raft_election import Index, Role, Server


class RaftSnapshots(AtomicRaft):
    """A log is compacted as far as it is known to be committed, by each server for itself."""

    base: Map[Server, Index] = durable(0)

    @action
    def compact(self, s: Server, n: Index) -> None:
        require(self.base[s] < n and n <= self.commit[s])
        self.base[s] = n

    @action
    def replicate(self, s: Server, u: Server, n: Index, k: Index) -> None:
        require(self.base[s] <= n and self.base[u] <= n)
        super().replicate(s, u, n, k)

    @action
    def install(self, s: Server, u: Server, n: Index) -> None:
        """A snapshot of the leader, perhaps an earlier one that arrives late."""
        require(self.role[s] == Role.LEADER and self.role[u] != Role.LEADER)
        require(self.term[u] == self.term[s])
        require(self.base[u] < n and n <= self.base[s])
        if not self.keeps_entries(s, u, n):
            self.log[u] = self.log[s][:n]
        self.base[u] = n
        self.commit[u] = max(self.commit[u], n)
        self.match[s, u] = max(self.match[s, u], n)

    @action(fault="crash")
    def restart(self, s: Server) -> None:
        self.crash(s)
        self.commit[s] = self.base[s]

    @define
    def keeps_entries(self, s: Server, u: Server, n: Index) -> bool:
        """Figure 13, step 6: what follows the last entry of the snapshot stays, if u has that."""
        return n <= len(self.log[u]) and self.term_at(u, n) == self.term_at(s, n)

    @invariant
    def snapshots_are_committed(self) -> bool:
        return all(self.base[s] <= self.commit[s] for s in Server)

    @reachable
    def a_snapshot_is_installed(self) -> bool:
        return any(
            self.role[s] == Role.LEADER
            and self.match[s, u] > 0
            and self.base[u] == self.match[s, u]
            for s in Server
            for u in Server
        )


class SnapshotsIfNeeded(RaftSnapshots):
    """Who has committed as much as a snapshot covers says so, and keeps its log: so our code."""

    @action
    def install(self, s: Server, u: Server, n: Index) -> None:
        require(self.role[s] == Role.LEADER and self.role[u] != Role.LEADER)
        require(self.term[u] == self.term[s])
        require(n > 0 and n <= self.base[s])
        if self.commit[u] < n:
            if not self.keeps_entries(s, u, n):
                self.log[u] = self.log[s][:n]
            self.base[u] = n
            self.commit[u] = n
        self.match[s, u] = max(self.match[s, u], n)
