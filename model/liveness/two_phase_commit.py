"""Two-phase commit comes to an end if everybody goes on, and blocks if the coordinator stops.

Gray and Lamport: Consensus on Transaction Commit (2006), §3 and §1: whoever is prepared can do
nothing without the coordinator. Skeen: Nonblocking Commit Protocols (1981), §4: two phases block.
"""

from quorate.model.language import action, leads_to
from quorate.model.two_phase_commit import (
    Coordinator,
    Decision,
    Outcome,
    Participant,
    Prepared,
    State,
    TwoPhaseCommit,
)


class LiveTwoPhaseCommit(TwoPhaseCommit):
    """Who can go on does, but nobody has to give up; crashes are followed by recovery."""

    @action(fair="weak", fair_for="p")
    def vote(self, p: Participant) -> None:
        super().vote(p)

    @action(fair="weak", fair_for="p")
    def learn(self, p: Participant, m: Decision) -> None:
        super().learn(p, m)

    @action(fair="weak")
    def hear(self, c: Coordinator, m: Prepared) -> None:
        super().hear(c, m)

    @action(fair="weak")
    def abort(self, c: Coordinator) -> None:
        """The coordinator's clock: it does not wait for a vote for ever."""
        super().abort(c)

    @action(fair="weak")
    def announce(self, c: Coordinator, outcome: Outcome) -> None:
        super().announce(c, outcome)

    @leads_to
    def whoever_is_prepared_learns_the_outcome(self, p: Participant) -> tuple[bool, bool]:
        learnt = self.state[p] == State.COMMITTED or self.state[p] == State.ABORTED
        return self.state[p] == State.PREPARED, learnt


class BlockingTwoPhaseCommit(LiveTwoPhaseCommit):
    """The coordinator may stop for good before it announces what it has decided."""

    @action
    def announce(self, c: Coordinator, outcome: Outcome) -> None:
        super().announce(c, outcome)
