"""Multi-Paxos and Raft with one variable of history each, by which they refine simpler protocols.

Abadi and Lamport: The Existence of Refinement Mappings (1991), §5. Actions write these variables
and no rule reads them, so what is shown here of the others holds of the protocols themselves.
"""

from .language import *
from .multipaxos import MultiPaxos, Slot
from .raft import Raft
from .raft_election import Entry, Index, Server


class WatchedMultiPaxos(MultiPaxos):
    """One slot is watched, whichever it is: in each of them Multi-Paxos is Paxos."""

    watched: Const[Slot | None] = durable(None)

    @init
    def one_is_watched(self, s: Slot) -> None:
        self.watched = s


class RecordedRaft(Raft):
    """`agreed` is the longest prefix that anyone has known to be committed."""

    agreed: Seq[Entry, Index] = durable(())

    @action
    def advance_commit(self, s: Server, n: Index) -> None:
        super().advance_commit(s, n)
        if len(self.agreed) < n:
            self.agreed = self.log[s][:n]  # type: ignore[assignment]
