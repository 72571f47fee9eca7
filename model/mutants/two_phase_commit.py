"""Mutants of two-phase commit. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import Map, define, volatile
from quorate.model.two_phase_commit import Coordinator, Outcome, Participant, State, TwoPhaseCommit

from .registry import Mutant


class ForgetsDecision(TwoPhaseCommit):
    decision: Map[Coordinator, Outcome | None] = volatile(None)


class BreaksVote(TwoPhaseCommit):
    @define
    def may_give_up(self, p: Participant) -> bool:
        return self.state[p] == State.WORKING or self.state[p] == State.PREPARED


MUTANTS = (
    Mutant(
        name="forgets-decision",
        code="T1",
        title="The coordinator announces a decision that it has not logged.",
        protocol=ForgetsDecision,
        violates="consistency",
        steps=15,
        sizes={"Coordinator": 1, "Participant": 2},
        faults={"crash": 1},
        reference="Gray and Lamport 2006, §3.1: the decision is written to stable storage first",
    ),
    Mutant(
        name="breaks-vote",
        code="T2",
        title="A participant that waits too long for the decision aborts after its vote.",
        protocol=BreaksVote,
        violates="consistency",
        steps=12,
        sizes={"Coordinator": 1, "Participant": 2},
        faults={"crash": 0},
        reference="the blocking of two-phase commit, dodged by a timeout",
    ),
)
