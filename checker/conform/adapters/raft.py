"""The bundled Raft under the models `Raft` and `RaftElection`.

Servers are driven step by step, as the model has them; each `Persist` is carried out at once, and
a restart rebuilds the server from its disk. What the code has and the model lacks:

- `LogMismatch` is delivered at once, and is no step: it moves only where the leader begins next,
  which the model leaves open.
- `Outdated` is what a `step_down` is taken with: it changes nothing but the term.
- A server that receives a message of a later term follows that term first. In the model that is a
  step of its own, so such a message cannot be delivered before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from quorate.checker.conform.adapter import AdapterError, Contradiction, Setting, Unrealisable
from quorate.impl.raft import LogMismatch, Outdated, RaftState
from quorate.impl.raft.messages import RaftMessage
from quorate.impl.raft.records import RaftOutputs
from quorate.impl.raft.rules import TermAndRole
from quorate.impl.raft.variant import HEALTHY, RaftVariant
from quorate.traces import Record

from .dispatch import step_of
from .raft_servers import RaftServers
from .raft_values import log_shown, message_read, message_shown, payload_of, term_read, term_shown


@dataclass
class RaftRun(RaftServers):
    """All that a run has changed."""

    sent: frozenset[Record] = frozenset()


class RaftAdapter:
    """Performs each action by the method named after it."""

    def __init__(self, variant: RaftVariant = HEALTHY) -> None:
        self.variant = variant

    def start(self, setting: Setting) -> None:
        names = [f"s{i}" for i in range(dict(setting.sizes)["Server"])]
        if len(names) < 2:
            raise AdapterError("a server alone sends nothing: give at least two (-s Server=2)")
        self.names, self.shown = names, set(setting.initial)
        self.run = self.begun(setting)

    def begun(self, setting: Setting) -> RaftRun:
        """The servers as they start."""
        del setting
        return RaftRun.started(self.variant, self.names, dict.fromkeys(self.names, RaftState()))

    def perform(self, action: str, args: Mapping[str, Any]) -> frozenset[Record]:
        return step_of(self, action)(*args.values())  # type: ignore[no-any-return]

    def observe(self) -> Mapping[str, Any]:
        return {name: value for name, value in self.seen().items() if name in self.shown}

    def seen(self) -> dict[str, Any]:
        """All that can be shown, by variable."""
        servers = self.run.servers.items()
        return {
            "term": {n: term_shown(s.term) for n, s in servers},
            "voted_for": {n: s.voted_for for n, s in servers},
            "log": {n: log_shown(s.log) for n, s in servers},
            "role": {n: s.role.name for n, s in servers},
            "votes": {n: s.votes for n, s in servers},
            "match": {(n, u): s.match.get(u, 0) for n, s in servers for u in self.names},
            "commit": {n: s.commit for n, s in servers},
            "sent": self.run.sent,
        }

    def snapshot(self) -> RaftRun:
        return self.run.copied()

    def restore(self, snapshot: RaftRun) -> None:
        self.run = snapshot.copied()

    # The steps, named as the model names them.

    def _timeout(self, s: str, t: str) -> frozenset[Record]:
        server = self.run.servers[s]
        if term_read(t) != server.term + 1:
            raise Unrealisable(f"a server in {term_shown(server.term)} cannot be told to try {t}")
        return self._carry_out(s, server.start_election)

    def _step_down(self, s: str, t: str) -> frozenset[Record]:
        other = next(name for name in self.names if name != s)
        return self._receive(s, Outdated(term_read(t), other))

    def _grant(self, s: str, m: Record) -> frozenset[Record]:
        if m["candidate"] == s:
            raise Unrealisable(f"{s} asks the others, not itself")
        return self._deliver(s, m)

    def _receive_append(self, s: str, m: Record) -> frozenset[Record]:
        return self._deliver(s, m)

    _receive_vote = _receive_ack = _receive_append

    def _lead(self, s: str) -> frozenset[Record]:
        return self._carry_out(s, self.run.servers[s].lead)

    def _request(self, s: str, v: str) -> frozenset[Record]:
        return self._carry_out(s, lambda: self.run.servers[s].request(payload_of(v)))

    def _append(self, s: str, n: int) -> frozenset[Record]:
        server = self.run.servers[s]

        def append_to_all() -> RaftOutputs:
            return tuple(output for u in server.others for output in server.append(u, n))

        return self._carry_out(s, append_to_all)

    def _advance_commit(self, s: str, n: int) -> frozenset[Record]:
        return self._carry_out(s, lambda: self.run.servers[s].advance_commit(n))

    def _restart(self, s: str) -> frozenset[Record]:
        self.run.restart(s)
        return frozenset()

    # What the network and the disks do.

    def _deliver(self, s: str, m: Record) -> frozenset[Record]:
        message, to = message_read(m), _addressee(m)
        if to not in (None, s):
            raise Unrealisable(f"the network delivers it to {to}")
        if self.run.servers[s].situation(message) is TermAndRole.LATER:
            raise Unrealisable(f"{s} follows {m['t']} first, which is a step of its own")
        return self._receive(s, message)

    def _receive(self, s: str, message: RaftMessage) -> frozenset[Record]:
        return self._carry_out(s, lambda: self.run.servers[s].receive(message))

    def _carry_out(self, s: str, handler: Callable[[], RaftOutputs]) -> frozenset[Record]:
        sent: dict[Record, set[str]] = {}
        for output in self.run.carry_out(s, handler):
            if isinstance(output.message, LogMismatch):
                self._receive(output.dst, output.message)
            elif not isinstance(output.message, Outdated):
                sent.setdefault(message_shown(output.message), set()).add(output.dst)
        for m, reached in sent.items():
            self._check_addressees(s, m, reached)
        self.run.sent |= sent.keys()
        return frozenset(sent)

    def _check_addressees(self, s: str, m: Record, reached: set[str]) -> None:
        to = _addressee(m)
        due = {*self.names} - {s} if to is None else {to}
        if reached != due:
            raise Contradiction(f"{s} sends {m.tag} to {sorted(reached)}, not to {sorted(due)}")


def _addressee(m: Record) -> str | None:
    """To whom a message is sent; None if it is to all others."""
    fields = dict(m.fields)
    answers = {"Vote": "candidate", "PreVote": "candidate", "Ack": "leader"}
    to = fields.get(answers.get(m.tag, ""))
    assert to is None or isinstance(to, str)
    return to
