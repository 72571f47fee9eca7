"""What a leader of Multi-Paxos proposes is executed everywhere, unless the leader is outbid.

Lamport: Paxos Made Simple (2001), §2.4 and §3. Ballots end, so nobody is outbid in the last one;
`Duel` has proposers that outbid each other for ever: Multi-Paxos with one slot is Paxos.
"""

from quorate.model.language import Set, action, define, leads_to
from quorate.model.multipaxos_log import (
    Acceptor,
    Ballot,
    Learner,
    MultiPaxosLog,
    Slot,
    Value,
)


class LiveMultiPaxosLog(MultiPaxosLog):
    """Acceptors answer, and learners execute, as long as they can."""

    @action(fair="weak", fair_for=("a", "b", "s"))
    def accept(self, a: Acceptor, b: Ballot, s: Slot, v: Value) -> None:
        super().accept(a, b, s, v)

    @action(fair="weak", fair_for="x")
    def execute(self, x: Learner, s: Slot, v: Value) -> None:
        super().execute(x, s, v)

    @leads_to
    def its_commands_are_executed(self, b: Ballot, s: Slot) -> tuple[bool, bool]:
        is_outbid = any(b < self.promised[a] for a in Acceptor)
        executed = all(s <= self.done[x] for x in Learner)
        return self.proposed[b, s] is not None, executed or is_outbid


class LeavesHoles(LiveMultiPaxosLog):
    """A new leader does not fill the holes, and goes on behind them (a published Multi-Paxos)."""

    @define
    def is_hole(self, q: Set[Acceptor], s: Slot) -> bool:
        return False

    @define
    def may_propose(self, b: Ballot, s: Slot) -> bool:
        return True
