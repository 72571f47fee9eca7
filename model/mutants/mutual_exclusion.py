"""Mutants of the mutual exclusions. Each class overrides the one rule that its bug breaks."""

from quorate.model.lamport_mutex import Acknowledge, LamportMutex, Release, Request
from quorate.model.language import Messages, action, at_most_once, require
from quorate.model.peterson import At, Peterson, Process

from .registry import Mutant


class YieldsFirst(Peterson):
    """The two writes before the wait, in the other order."""

    @action(fair="weak", fair_for="p")
    def yield_turn(self, p: Process, q: Process) -> None:
        require(self.at[p] == At.RAISE)
        require(q != p)
        self.turn = q
        self.at[p] = At.YIELD

    @action(fair="weak", fair_for="p")
    def raise_flag(self, p: Process) -> None:
        require(self.at[p] == At.YIELD)
        self.wants[p] = True
        self.at[p] = At.WAIT


class Reorders(LamportMutex):
    sent: Messages[Request, Acknowledge, Release] = at_most_once()


MUTANTS = (
    Mutant(
        name="yields-first",
        code="X1",
        title="A process gives the turn away before it raises its flag.",
        protocol=YieldsFirst,
        violates="mutual_exclusion",
        steps=8,
        sizes={"Process": 2},
        reference="what a compiler or processor makes of two independent stores without a fence",
    ),
    Mutant(
        name="reorders",
        code="X2",
        title="Links do not keep the order: an acknowledgement overtakes a request.",
        protocol=Reorders,
        violates="mutual_exclusion",
        steps=8,
        sizes={"Process": 2, "Clock": 2},
        reference="Lamport 1978: messages are received in the order in which they were sent",
    ),
)
