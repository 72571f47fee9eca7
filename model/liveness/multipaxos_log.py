"""What a leader of Multi-Paxos proposes is executed everywhere, unless the leader is outbid.

Lamport: Paxos Made Simple (2001), §2.4 and §3. Ballots end, so nobody is outbid in the last one;
`MultiPaxosDuel` has proposers that outbid each other for ever.
"""

from quorate.model.language import Map, Set, action, define, durable, leads_to, require
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


class RetriedCommands(LiveMultiPaxosLog):
    """Clients ask every leader again, until their command is executed; ballots and slots end.

    `asked` is the slot in which a command was first proposed. A leader proposes it once, and there
    always is a new leader, but after the last.
    """

    asked: Map[Value, Slot] = durable(Slot.zero)

    @action(fair="weak", fair_for="b")
    def lead(self, b: Ballot, q: Set[Acceptor]) -> None:
        super().lead(b, q)

    @action
    def propose(self, b: Ballot, s: Slot, v: Value) -> None:
        require(self.asked[v] == Slot.zero)
        super().propose(b, s, v)
        self.asked[v] = s

    @action(fair="weak", fair_for=("b", "v"))
    def propose_again(self, b: Ballot, s: Slot, v: Value) -> None:
        require(self.asked[v] != Slot.zero)
        require(not any(self.proposed[b, u] == v for u in Slot))
        require(self.may_retry(s, v))
        super().propose(b, s, v)

    @define
    def may_retry(self, s: Slot, v: Value) -> bool:
        """In whichever slot is the next."""
        return True

    @define
    def is_executed(self, v: Value) -> bool:
        return any(
            all(s <= self.done[x] and self.executed[x, s] == v for x in Learner) for s in Slot
        )

    @leads_to
    def what_clients_ask_is_executed(self) -> tuple[bool, bool]:
        """Unless all slots are taken."""
        asked = [v for v in Value if self.asked[v] != Slot.zero]
        is_full = all(not any(self.done[x] < s for s in Slot) for x in Learner)
        return len(asked) > 0, is_full or all(self.is_executed(v) for v in asked)


class RetriesFirstSlot(RetriedCommands):
    """A retry is for the slot in which the command was first proposed, whoever has that by now."""

    @define
    def may_retry(self, s: Slot, v: Value) -> bool:
        return s == self.asked[v]
