"""Mutants of Multi-Paxos. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import define
from quorate.model.multipaxos import MultiPaxos, Proposer, Slot, Value

from .registry import Mutant


class IgnoresRecovered(MultiPaxos):
    @define
    def is_safe(self, p: Proposer, s: Slot, v: Value) -> bool:
        return True


MUTANTS = (
    Mutant(
        name="ignores-recovered",
        code="M3",
        title="A new leader proposes its own command in a slot that it recovered.",
        protocol=IgnoresRecovered,
        violates="agreement",
        steps=14,
        sizes={"Proposer": 1, "Acceptor": 3, "Slot": 1, "Value": 2, "Ballot": 2},
        faults={"crash": 0},
        reference="Paxos Made Simple, §3; phxpaxos#27",
    ),
)
