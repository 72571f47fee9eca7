"""Two-phase commit with recovery: a coordinator and participants that log, send and crash.

Gray and Lamport: Consensus on Transaction Commit (2006), §3. What is logged survives a crash:
a participant's vote, the coordinator's decision. Both are logged before they are sent.
"""

import enum

from .language import *


class Coordinator(Sort, size=1): ...  # of one transaction


class Participant(Sort): ...


class State(enum.Enum):
    WORKING = "working"
    PREPARED = "prepared"
    COMMITTED = "committed"
    ABORTED = "aborted"


class Outcome(enum.Enum):
    COMMIT = "commit"
    ABORT = "abort"


class Prepared(Message):
    p: Participant


class Decision(Message):
    outcome: Outcome


class TwoPhaseCommit(Protocol):
    """Whoever loses its unlogged work in a crash may do it again, until it gives up."""

    faults = {"crash": 1}

    state: Map[Participant, State] = durable(State.WORKING)
    worked: Map[Participant, bool] = volatile(False)

    heard: Map[Coordinator, Set[Participant]] = volatile(frozenset())
    decision: Map[Coordinator, Outcome | None] = durable(None)

    sent: Messages[Prepared, Decision]

    # Participants (§3.1: working, then prepared, then told).

    @action
    def work(self, p: Participant) -> None:
        require(self.state[p] == State.WORKING)
        require(not self.worked[p])
        self.worked[p] = True

    @action
    def prepare(self, p: Participant) -> None:
        require(self.state[p] == State.WORKING)
        require(self.worked[p])
        self.state[p] = State.PREPARED

    @action
    def vote(self, p: Participant) -> None:
        require(self.state[p] == State.PREPARED)
        require(Prepared(p) not in self.sent)
        self.sent.add(Prepared(p))

    @action
    def give_up(self, p: Participant) -> None:
        require(self.may_give_up(p))
        self.state[p] = State.ABORTED

    @action
    def learn(self, p: Participant, m: Decision) -> None:
        require(self.state[p] == State.WORKING or self.state[p] == State.PREPARED)
        self.state[p] = State.COMMITTED if m.outcome == Outcome.COMMIT else State.ABORTED

    # The coordinator.

    @action
    def hear(self, c: Coordinator, m: Prepared) -> None:
        require(self.decision[c] is None)
        require(m.p not in self.heard[c])
        self.heard[c] = self.heard[c] | {m.p}

    @action
    def commit(self, c: Coordinator) -> None:
        require(self.decision[c] is None)
        require(all(p in self.heard[c] for p in Participant))
        self.decision[c] = Outcome.COMMIT

    @action
    def abort(self, c: Coordinator) -> None:
        require(self.decision[c] is None)
        self.decision[c] = Outcome.ABORT

    @action
    def announce(self, c: Coordinator, outcome: Outcome) -> None:
        require(self.decision[c] == outcome)
        require(Decision(outcome) not in self.sent)
        self.sent.add(Decision(outcome))

    @action(fault="crash")
    def crash_participant(self, p: Participant) -> None:
        self.crash(p)

    @action(fault="crash")
    def crash_coordinator(self, c: Coordinator) -> None:
        self.crash(c)

    @define
    def may_give_up(self, p: Participant) -> bool:
        """A vote is a promise: only who has not voted may give up alone."""
        return self.state[p] == State.WORKING

    @invariant
    def consistency(self) -> bool:
        return not {State.COMMITTED, State.ABORTED} <= {self.state[p] for p in Participant}

    @invariant
    def commit_needs_every_vote(self) -> bool:
        return Decision(Outcome.COMMIT) not in self.sent or all(
            Prepared(p) in self.sent and self.state[p] != State.ABORTED for p in Participant
        )

    @invariant
    def what_is_announced_is_logged(self) -> bool:
        return all(self.decision[c] == m.outcome for c in Coordinator for m in self.sent[Decision])

    @invariant
    def votes_bind(self) -> bool:
        return all(
            self.state[m.p] != State.WORKING
            and (self.state[m.p] != State.ABORTED or Decision(Outcome.ABORT) in self.sent)
            for m in self.sent[Prepared]
        )

    @reachable
    def everyone_commits(self) -> bool:
        return all(self.state[p] == State.COMMITTED for p in Participant)

    @reachable
    def everyone_aborts_after_a_vote(self) -> bool:
        return all(self.state[p] == State.ABORTED and Prepared(p) in self.sent for p in Participant)
