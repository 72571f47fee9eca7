"""The log of Multi-Paxos, whose acceptors give up votes once a snapshot stands for their slots.

Lamport: Paxos Made Simple (2001), §3, lets acceptors remember all. Chandra, Griesemer, Redstone:
Paxos Made Live (2007), §5.5: who has a snapshot needs the log before it no more, and who lacks it
is given the snapshot.
"""

from .language import *
from .multipaxos_log import *


class MultiPaxosSnapshots(MultiPaxosLog):
    """`trimmed` is up to where an acceptor has given up its votes. A promise says so.

    `base` is the highest of these that a leader was told of. Up to there it has a snapshot, and
    proposes nothing. Explored only.
    """

    trimmed: Map[Acceptor, Slot] = durable(Slot.zero)
    base: Map[Ballot, Slot] = durable(Slot.zero)

    @action
    def trim(self, a: Acceptor, s: Slot) -> None:
        """Its node has executed these slots, or has the snapshot of one that has."""
        require(self.trimmed[a] < s and any(s <= self.done[x] for x in Learner))
        for u in Slot:
            for b in Ballot:
                if u <= s:
                    self.votes[a, u, b] = None
        self.trimmed[a] = s

    @action
    def lead(self, b: Ballot, q: Set[Acceptor]) -> None:
        super().lead(b, q)
        self.base[b] = self.reported(q)
        for s in Slot:
            if s <= self.base[b]:
                self.proposed[b, s] = None

    @define
    def reported(self, q: Set[Acceptor]) -> Slot:
        return max((self.trimmed[a] for a in q), default=Slot.zero)

    @define
    def may_propose(self, b: Ballot, s: Slot) -> bool:
        before = [u for u in Slot if self.base[b] < u and u < s]
        return self.base[b] < s and all(self.proposed[b, u] is not None for u in before)

    @define
    def is_learned(self, s: Slot, v: Value) -> bool:
        """From votes, or from a learner that has executed it."""
        return self.is_chosen(s, v) or any(self.executed[x, s] == v for x in Learner)

    @reachable
    def a_leader_begins_after_a_snapshot(self) -> bool:
        return any(Slot.zero < self.base[b] for b in Ballot)
