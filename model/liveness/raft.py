"""What a leader of Raft appends is committed, if the servers go on and nobody else stands.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.6: timing
serves availability alone. That a leader keeps its office is here that there is one candidate.
"""

from quorate.model.language import action, leads_to
from quorate.model.raft import Ack, Append, Index, Raft, Role, Server

from .raft_election import OneCandidate


class LiveRaft(OneCandidate, Raft):
    """The leader sends what it has, and followers take it over."""

    @action(fair="weak", fair_for=("s", "n"))
    def append(self, s: Server, n: Index) -> None:
        super().append(s, n)

    @action(fair="weak", fair_for="s")
    def receive_append(self, s: Server, m: Append) -> None:
        super().receive_append(s, m)

    @action(fair="weak", fair_for="s")
    def receive_ack(self, s: Server, m: Ack) -> None:
        super().receive_ack(s, m)

    @action(fair="weak", fair_for="s")
    def advance_commit(self, s: Server, n: Index) -> None:
        super().advance_commit(s, n)

    @leads_to
    def what_is_appended_is_committed(self, s: Server) -> tuple[bool, bool]:
        length = len(self.log[s])
        return self.role[s] == Role.LEADER and length > 0, self.commit[s] == length
