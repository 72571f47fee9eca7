"""Mutants of the mutual exclusions. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import action, require
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


MUTANTS = (
    Mutant(
        name="yields-first",
        code="X1",
        title="A process gives the turn away before it raises its flag.",
        protocol=YieldsFirst,
        violates="mutual_exclusion",
        sizes={"Process": 2},
        reference="what a compiler or processor makes of two independent stores without a fence",
    ),
)
