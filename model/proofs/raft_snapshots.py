"""Raft with snapshots, with the companions that make it provably safe, for any number of servers.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.4.3, §7.
"""

from quorate.model.language import action
from quorate.model.raft_election import Index, Server
from quorate.model.raft_snapshots import RaftSnapshots

from .raft_atomic import ProvedAtomicRaft


class ProvedRaftSnapshots(RaftSnapshots, ProvedAtomicRaft):
    """Whoever installs a snapshot acknowledges what it covers; the companions are the same."""

    @action
    def install(self, s: Server, u: Server, n: Index) -> None:
        super().install(s, u, n)
        length = max(self.acknowledged[u, self.term[s]], n)
        self.acknowledged[u, self.term[s]] = length
