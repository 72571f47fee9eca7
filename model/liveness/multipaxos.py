"""A leader of Multi-Paxos that goes on has every slot decided.

Lamport: Paxos Made Simple (2001), §2.4 and §3: a single distinguished proposer makes progress. Here
ballots end, so that nobody is outbid in the last one; `MultiPaxosDuel` has the endless run.
Whoever crashes in the last ballot has no later one, and what it began stays undecided.
"""

from quorate.model.language import action, eventually
from quorate.model.multipaxos import (
    Accept,
    Acceptor,
    Ballot,
    MultiPaxos,
    Prepare,
    Proposer,
    Quorum,
    Slot,
    Value,
)


class LiveMultiPaxos(MultiPaxos):
    """Whoever can go on does."""

    @action(fair="weak", fair_for="p")
    def prepare(self, p: Proposer, b: Ballot) -> None:
        super().prepare(p, b)

    @action(fair="weak", fair_for="a")
    def promise(self, a: Acceptor, m: Prepare) -> None:
        super().promise(a, m)

    @action(fair="weak", fair_for="p")
    def lead(self, p: Proposer, q: Quorum) -> None:
        super().lead(p, q)

    @action(fair="weak", fair_for=("p", "s"))
    def propose(self, p: Proposer, s: Slot, v: Value) -> None:
        super().propose(p, s, v)

    @action(fair="weak", fair_for="a")
    def accept(self, a: Acceptor, m: Accept) -> None:
        super().accept(a, m)

    @eventually
    def every_slot_gets_a_value(self, s: Slot) -> bool:
        return any(self.decided(s, v) for v in Value)
