"""A replica that tells each step of its roles, in order, and what it receives and sends: a journal.

Rules:
- It does what the replica does that it stands for, a defective one too.
- A step is told once it is taken, with what it led to; a message of others before it is handled.
- What an input makes it send is told after its steps: the host lets nothing leave before.
- It tells what the code does in the code's own words, and knows no model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from random import Random
from typing import Any, TypeAlias, get_args

import msgspec

from quorate.impl.outputs import Persist, Send
from quorate.impl.paxos.messages import Ballot
from quorate.impl.replicated.patience import Patience
from quorate.impl.replicated.replica import ReplicatedSystem
from quorate.impl.store import Submission

from .acceptor import Acceptor, AcceptorMessage
from .composition import Composition
from .learner import Learner
from .messages import Decree, MultiPaxosMessage, Promise
from .proposer import Leadership, Proposer
from .records import MultiPaxosOutputs, MultiPaxosState, VoteRecord
from .replica import Pace, Replica
from .system import MULTIPAXOS

Trace: TypeAlias = Callable[[dict[str, Any]], None]


class _Telling:
    """Tells what happens to `trace`."""

    trace: Trace

    def _tell(self, event: str, **more: Any) -> None:
        self.trace({"event": event, **{name: msgspec.to_builtins(x) for name, x in more.items()}})


class TracedProposer(_Telling, Proposer):
    """Tells which ballots it opens, leads and gives up, and what it proposes."""

    def prepare(self, ballot: Ballot, first: int = 0) -> MultiPaxosOutputs:
        """Open a ballot."""
        outputs = super().prepare(ballot, first)
        self._tell("prepare", ballot=ballot, round=self.round)
        return outputs

    def lead(self) -> MultiPaxosOutputs:
        """Begin to propose."""
        outputs = super().lead()
        self._tell_recovered("lead")
        return outputs

    def propose(self, slot: int, decree: Decree) -> MultiPaxosOutputs:
        """Ask for votes."""
        outputs = super().propose(slot, decree)
        self._tell("propose", ballot=self.ballot, slot=slot, decree=self.proposed[slot])
        return outputs

    def step_down(self) -> None:
        """Give up its ballot, if it has one."""
        ballot = self.ballot
        super().step_down()
        if ballot is not None:
            self._tell("step-down", ballot=ballot)

    def gather(self, message: Promise) -> MultiPaxosOutputs:
        """Count a promise; told only where a leader recovers more by it."""
        before = self.recovered
        outputs = super().gather(message)
        if self.leadership is Leadership.LEADING and self.recovered != before:
            self._tell_recovered("recover")
        return outputs

    def _tell_recovered(self, event: str) -> None:
        self._tell(
            event,
            ballot=self.ballot,
            promised_by=self.promised_by,
            since=max(self.first, self.trimmed),
            recovered=sorted(self.recovered.items()),
        )


class TracedAcceptor(_Telling, Acceptor):
    """Tells its promises with what they report, and its votes."""

    def receive(self, message: AcceptorMessage) -> MultiPaxosOutputs:
        """Answer a message."""
        outputs = super().receive(message)
        records = [output.record for output in outputs if isinstance(output, Persist)]
        for output in outputs:
            if isinstance(output, Send) and isinstance(told := output.message, Promise):
                since = max(getattr(message, "first", 0), self.trimmed)
                self._tell(
                    "promise",
                    ballot=told.ballot,
                    since=since,
                    votes=told.votes,
                    new=bool(records),
                    promised=self.promised,
                )
        for record in records:
            if isinstance(record, VoteRecord):
                self._tell("vote", slot=record.slot, vote=record.vote, promised=self.promised)
        return outputs


class TracedLearner(_Telling, Learner):
    """Tells what it learns."""

    def learn(self, slot: int, decree: Decree) -> None:
        """A decree was chosen in a slot."""
        known = slot < self.base or slot in self.log
        super().learn(slot, decree)
        if not known:
            self._tell("learn", slot=slot, decree=decree)


class TracedReplica(_Telling, Replica):
    """Tells what it starts with, and what it receives and sends."""

    def fire_timers(self) -> MultiPaxosOutputs:
        """Do what is due."""
        return self._tell_sent(super().fire_timers())

    def receive(self, message: MultiPaxosMessage) -> MultiPaxosOutputs:
        """Take a message."""
        self._tell("receive", message=message)
        return self._tell_sent(super().receive(message))

    def submit(self, submission: Submission) -> MultiPaxosOutputs:
        """Take a command."""
        return self._tell_sent(super().submit(submission))

    def tell_start(self) -> None:
        """Tell what it remembers."""
        acceptor = self.acceptor
        state = {
            "round": self.proposer.round,
            "promised": acceptor.promised,
            "since": acceptor.trimmed,
            "votes": sorted(acceptor.votes.items()),
        }
        self._tell("started", state=state)

    def _tell_sent(self, outputs: MultiPaxosOutputs) -> MultiPaxosOutputs:
        sent = [
            {"to": output.dst, "message": msgspec.to_builtins(output.message)}
            for output in outputs
            if isinstance(output, Send) and isinstance(output.message, get_args(MultiPaxosMessage))
        ]
        if sent:
            self._tell("send", sent=sent)
        return outputs


def traced(
    composition: Composition, trace: Trace, pace: Pace | None = None
) -> ReplicatedSystem[Any, Any, Any]:
    """Multi-Paxos whose replicas tell `trace` what they start with, and each step."""
    told = {"trace": staticmethod(trace)}
    tracing = replace(
        composition,
        proposer=type("Proposer", (TracedProposer, composition.proposer), told),
        acceptor=type("Acceptor", (TracedAcceptor, composition.acceptor), told),
        learner=type("Learner", (TracedLearner, composition.learner), told),
    )
    kind = type("Replica", (TracedReplica,), told)

    def recover(
        name: str, servers: Collection[str], state: MultiPaxosState, random: Random
    ) -> Replica:
        replica: TracedReplica = kind(name, servers, state, Patience(random), pace, tracing)
        replica.tell_start()
        return replica

    return replace(MULTIPAXOS, recover=recover)
