"""Raft at the grain of the package `pysyncobj`, which does several things in one step.

A message of a higher term makes its receiver a follower and is then handled. Who has the votes
leads at once, with an entry of its own that it sends to all.
"""

from quorate.model.language import Seq, action, invariant, require
from quorate.model.raft import (
    Ack,
    Append,
    Entry,
    Index,
    Quorum,
    Raft,
    RequestVote,
    Role,
    Server,
    Value,
    Vote,
)


class SyncObjRaft(Raft):
    step_down = lead = None  # parts of the other steps

    @action
    def grant(self, s: Server, m: RequestVote) -> None:
        require(m.candidate != s)
        require(self.term[s] < m.t or (self.term[s] == m.t and self.role[s] != Role.LEADER))
        require(self.term[s] < m.t or (self.voted_for[s] is None and self.is_up_to_date(s, m)))
        if self.term[s] < m.t:
            self.term[s] = m.t
            self.role[s] = Role.FOLLOWER
            self.voted_for[s] = None
        if self.is_up_to_date(s, m):
            self.voted_for[s] = m.candidate
            self.sent.add(Vote(m.t, s, m.candidate))

    @action
    def receive_vote(self, s: Server, m: Vote, v: Value) -> None:
        require(m.candidate == s and m.t == self.term[s])
        require(self.role[s] == Role.CANDIDATE)
        require(m.voter not in self.votes[s])
        require(any(len(self.log[s]) < n for n in Index))  # the bound
        heard = self.votes[s] | {m.voter}
        self.votes[s] = heard
        if any(q <= heard for q in Quorum):
            self.role[s] = Role.LEADER
            for u in Server:
                self.match[s, u] = 0
            length = len(self.log[s])
            last = self.last_term(s)
            own: Seq[Entry, Index] = (Entry(self.term[s], v),)
            self.sent.add(Append(self.term[s], s, length, last, own, self.commit[s]))
            self.log[s] = self.log[s] + own

    @action
    def receive_append(self, s: Server, m: Append) -> None:
        require(m.leader != s)
        require(self.term[s] < m.t or (self.term[s] == m.t and self.role[s] != Role.LEADER))
        if self.term[s] < m.t:
            self.term[s] = m.t
            self.voted_for[s] = None
        self.role[s] = Role.FOLLOWER
        if self.has_prefix(s, m):
            length = m.prefix + len(m.entries)
            if self.conflicts(s, m) or len(self.log[s]) < length:
                self.log[s] = self.log[s][: m.prefix] + m.entries
            self.commit[s] = max(self.commit[s], min(m.commit, length))
            self.sent.add(Ack(m.t, s, m.leader, length))

    @invariant
    def acknowledged_writes_are_kept(self) -> bool:
        """What a leader has committed, and so acknowledged, a quorum holds for good."""
        return all(
            any(all(self.agree(s, u, self.commit[s]) for u in q) for q in Quorum)
            for s in Server
            if self.role[s] == Role.LEADER
        )
