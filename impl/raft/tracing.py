"""A server that tells each of its steps, in order, with the state that it leads to: for a journal.

Rules:
- It does what the server does that it stands for, a defective one too.
- A step is told once, whoever takes it: the replica, or a rule that takes another step first.
- A message is told when it has been handled, with what that led to.
- It tells what the code does in the code's own words, and knows no model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, TypeAlias

import msgspec

from quorate.impl.outputs import Persist
from quorate.impl.replicated.replica import ReplicatedSystem

from .messages import Payload, RaftMessage
from .options import Options
from .records import RaftOutputs, RaftState
from .rules import RaftRole
from .server import Server
from .system import raft_of
from .variant import RaftVariant

Trace: TypeAlias = Callable[[dict[str, Any]], None]


class TracedServer(Server):
    """Tells its steps to `trace`, one by one."""

    trace: Trace
    _told = False

    def __init__(self, name: str, servers: Collection[str], state: RaftState | None = None) -> None:
        super().__init__(name, servers, state)
        self.trace({"event": "started", "state": self.shown()})

    def start_election(self, transfer: bool = False) -> RaftOutputs:
        """Become a candidate."""
        return self._tell("start-election", super().start_election(transfer))

    def step_down(self, term: int) -> RaftOutputs:
        """Follow a later term."""
        return self._tell("step-down", super().step_down(term))

    def lead(self) -> RaftOutputs:
        """Become the leader."""
        return self._tell("lead", super().lead())

    def request(self, payload: Payload) -> RaftOutputs:
        """Append to its own log."""
        return self._tell("request", super().request(payload))

    def append(self, follower: str, prefix: int | None = None) -> RaftOutputs:
        """Send entries."""
        return self._tell("append", super().append(follower, prefix))

    def advance_commit(self, length: int) -> RaftOutputs:
        """Commit entries."""
        return self._tell("advance-commit", super().advance_commit(length))

    def receive(self, message: RaftMessage) -> RaftOutputs:
        """Take a message. Where a rule steps down first, it comes here again, and tells it then."""
        self._told = False
        outputs = super().receive(message)
        if not self._told:
            self._tell("receive", outputs, message=msgspec.to_builtins(message))
        self._told = True
        return outputs

    def _tell(self, event: str, outputs: RaftOutputs, **more: Any) -> RaftOutputs:
        kept = [msgspec.to_builtins(o.record) for o in outputs if isinstance(o, Persist)]
        sent = [
            {"to": o.dst, "message": msgspec.to_builtins(o.message)}
            for o in outputs
            if not isinstance(o, Persist)
        ]
        self.trace({"event": event, **more, "kept": kept, "sent": sent, "state": self.shown()})
        return outputs

    def shown(self) -> dict[str, Any]:
        """What is seen of it from outside; of a leader also what it knows that others hold."""
        shown = {
            "term": self.term,
            "voted_for": self.voted_for,
            "role": self.role.value,
            "votes": sorted(self.votes),
            "length": self.state.length,
            "commit": self.commit,
        }
        return {**shown, "match": dict(self.match)} if self.role is RaftRole.LEADER else shown


def traced(
    variant: RaftVariant, trace: Trace, options: Options | None = None
) -> ReplicatedSystem[Any, Any, Any]:
    """Raft whose servers tell `trace` what they start with, and each step."""
    kind = type("Server", (TracedServer, variant.server), {"trace": staticmethod(trace)})
    return raft_of(replace(variant, server=kind), options)
