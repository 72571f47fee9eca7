"""Raft: leader election, as in `raft_election.py`, and log replication under the leader.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.3, §5.4 and
figures 2 and 3. Positions are lengths of prefixes, not indices from 1 (Kleppmann: Distributed
Systems, lecture notes 2021, §6.2). A leader may send any suffix of its log: `nextIndex` is open.
"""

from .language import *
from .raft_election import *
from .raft_logs import RaftLogs


class Append(Message):
    t: Term
    leader: Server
    prefix: Index
    last: Term
    entries: Seq[Entry, Index]
    commit: Index


class Ack(Message):
    t: Term
    follower: Server
    leader: Server
    length: Index


class Raft(RaftLogs, RaftElection):
    """Entries are appended by the leader, replicated, and committed once a quorum holds them."""

    sent: Messages[RequestVote, Vote, Append, Ack]  # type: ignore[assignment]

    @action
    def lead(self, s: Server) -> None:
        super().lead(s)
        for u in Server:
            self.match[s, u] = 0

    @action
    def request(self, s: Server, v: Value) -> None:
        require(self.role[s] == Role.LEADER)
        require(any(len(self.log[s]) < n for n in Index))  # the bound
        self.log[s] = self.log[s] + (Entry(self.term[s], v),)

    @action
    def append(self, s: Server, n: Index) -> None:
        require(self.role[s] == Role.LEADER)
        require(n <= len(self.log[s]))
        entries = self.log[s][n:]
        self.sent.add(Append(self.term[s], s, n, self.term_at(s, n), entries, self.commit[s]))

    @action
    def receive_append(self, s: Server, m: Append) -> None:
        require(m.t == self.term[s] and self.role[s] != Role.LEADER)
        require(self.has_prefix(s, m))
        length = m.prefix + len(m.entries)
        if self.conflicts(s, m) or len(self.log[s]) < length:
            self.log[s] = self.log[s][: m.prefix] + m.entries
        self.commit[s] = max(self.commit[s], min(m.commit, length))
        self.role[s] = Role.FOLLOWER
        self.sent.add(Ack(m.t, s, m.leader, length))

    @action
    def receive_ack(self, s: Server, m: Ack) -> None:
        require(m.leader == s and m.t == self.term[s])
        require(self.role[s] == Role.LEADER)
        require(self.match[s, m.follower] < m.length)
        self.match[s, m.follower] = m.length

    @action
    def advance_commit(self, s: Server, n: Index) -> None:
        require(self.role[s] == Role.LEADER)
        require(self.commit[s] < n and n <= len(self.log[s]))
        require(self.may_commit(s, n))
        require(any(all(u == s or n <= self.match[s, u] for u in q) for q in Quorum))
        self.commit[s] = n

    @define
    def has_prefix(self, s: Server, m: Append) -> bool:
        """§5.3, the consistency check: the log holds what comes before the new entries."""
        return m.prefix <= len(self.log[s]) and self.term_at(s, m.prefix) == m.last

    @define
    def conflicts(self, s: Server, m: Append) -> bool:
        """§5.3: only a conflicting entry is deleted, and all that follow it."""
        return any(
            m.prefix + i < len(self.log[s]) and self.log[s][m.prefix + i].t != m.entries[i].t
            for i in range(len(m.entries))
        )
