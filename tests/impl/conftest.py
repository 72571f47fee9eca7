"""A hand-driven stage: acceptors, proposers, a learner, and every delivery spelled out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quorate.impl.envelope import Value
from quorate.impl.errors import ProtocolRefusal, SafetyViolation
from quorate.impl.outputs import Persist, Send
from quorate.impl.paxos import (
    HEALTHY,
    Accept,
    Accepted,
    AcceptorRecord,
    Ballot,
    Broadcast,
    Composition,
    Outputs,
    Prepare,
    Promise,
)

ACCEPTORS = ("a0", "a1", "a2")


class Stage:
    """Runs scripted steps; what the protocol refuses is skipped and noted."""

    def __init__(self, composition: Composition) -> None:
        quorums = composition.quorums(ACCEPTORS)
        self.composition = composition
        self.quorums = quorums
        self.proposers = {n: composition.proposer(n, ACCEPTORS, quorums) for n in "pqr"}
        self.acceptors = {n: composition.acceptor(n) for n in ACCEPTORS}
        self.learner = composition.learner("l", ACCEPTORS, quorums)
        self.disks: dict[str, AcceptorRecord] = {}
        self.promises: dict[tuple[str, Ballot], Promise] = {}
        self.votes: dict[tuple[Ballot, Value], set[str]] = {}
        self.refused: list[str] = []
        self.violation: str | None = None

    def prepare(
        self,
        name: str,
        round_: int,
        *asked: str,
        late: tuple[str, ...] = (),
        copies: int = 1,
        owner: str | None = None,
    ) -> None:
        """Phase 1 of one ballot: each promise arrives `copies` times, those of `late` not yet."""
        ballot = Ballot(round_, owner or name)
        if self._taken(lambda: self.proposers[name].prepare(ballot)) is None:
            return
        for acceptor in (*asked, *late):
            for output in self._tell(acceptor, Prepare(ballot)):
                if isinstance(output, Send) and isinstance(output.message, Promise):
                    self.promises[acceptor, ballot] = output.message
        for acceptor in asked * copies:
            self.hear(name, acceptor, ballot)

    def hear(self, name: str, acceptor: str, ballot: Ballot) -> None:
        """A promise arrives, if one was given."""
        promise = self.promises.get((acceptor, ballot))
        if promise is not None:
            self.proposers[name].receive(promise)

    def propose(self, name: str, value: Value, *asked: str, copies: int = 1) -> None:
        """Phase 2 with some acceptors; each vote reaches the learner `copies` times."""
        outputs = self._taken(lambda: self.proposers[name].propose(value))
        if outputs is None:
            return
        (output,) = outputs
        assert isinstance(output, Broadcast) and isinstance(output.message, Accept)
        for acceptor in asked:
            for answer in self._tell(acceptor, output.message):
                if isinstance(answer, Broadcast) and isinstance(answer.message, Accepted):
                    self._learn(answer.message, copies)

    def restart(self, name: str) -> None:
        """Crash a proposer or an acceptor, and restore it from its disk."""
        if name in self.proposers:
            stored, recover = self.proposers[name].record, self.composition.proposer.recover
            self.proposers[name] = recover(name, ACCEPTORS, self.quorums, stored)
            return
        self.acceptors[name] = self.composition.acceptor.recover(name, self.disks.get(name))

    @property
    def chosen(self) -> set[Value]:
        """The values that a phase-2 quorum voted for in one ballot, over all time."""
        return {v for (_, v), voters in self.votes.items() if self.quorums.phase2.met_by(voters)}

    @property
    def agrees(self) -> bool:
        """Whether one value at most was chosen, and no other one told."""
        told = {self.learner.committed} - {None}
        return self.violation is None and len(self.chosen) <= 1 and told <= self.chosen

    def _taken(self, step: Callable[[], Outputs]) -> Outputs | None:
        """What a step of a proposer puts out; None if it is refused."""
        try:
            return step()
        except ProtocolRefusal as refusal:
            self.refused.append(str(refusal))
            return None

    def _tell(self, acceptor: str, message: Prepare | Accept) -> Outputs:
        outputs = self.acceptors[acceptor].receive(message)
        for output in outputs:
            if isinstance(output, Persist) and isinstance(output.record, AcceptorRecord):
                self.disks[acceptor] = output.record
        return outputs

    def _learn(self, vote: Accepted, copies: int) -> None:
        self.votes.setdefault((vote.ballot, vote.value), set()).add(vote.acceptor)
        for _ in range(copies):
            try:
                self.learner.receive(vote)
            except SafetyViolation as violation:
                self.violation = str(violation)


@pytest.fixture
def staged() -> Callable[[Composition], Stage]:
    """Sets a stage for a composition."""
    return Stage


@pytest.fixture
def stage() -> Stage:
    """A stage for the healthy composition."""
    return Stage(HEALTHY)
