"""Two-phase commit with the companions that make consistency inductive, for any participants.

Gray and Lamport: Consensus on Transaction Commit (2006), §3: who decides has heard every vote.
"""

from quorate.model.language import invariant
from quorate.model.two_phase_commit import (
    Coordinator,
    Decision,
    Outcome,
    Participant,
    Prepared,
    State,
    TwoPhaseCommit,
)


class ProvedTwoPhaseCommit(TwoPhaseCommit):
    """Two-phase commit for any number of participants and crashes."""

    @invariant
    def votes_were_heard(self) -> bool:
        return all(Prepared(p) in self.sent for c in Coordinator for p in self.heard[c])

    @invariant
    def commit_was_voted_for(self) -> bool:
        return all(
            Prepared(p) in self.sent
            for c in Coordinator
            for p in Participant
            if self.decision[c] == Outcome.COMMIT
        )

    @invariant
    def outcomes_were_announced(self) -> bool:
        return Decision(Outcome.COMMIT) in self.sent or all(
            self.state[p] != State.COMMITTED for p in Participant
        )
