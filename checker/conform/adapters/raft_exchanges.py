"""The bundled Raft under `AtomicRaft` and `MonotoneRaft`, in which an exchange is one step.

An exchange is what a server sends, its delivery at once, and the delivery of the answers. Whatever
else is sent in it is lost. Where code and model are not alike by themselves:

- A campaign that is not won with the votes of all who are asked only raises terms, which the model
  leaves out. It is undone, and refused; if it has changed a log, or a commit, that is said.
- A server that is to stand in a later term than its next one fails in those before it.
- A leader may send any part of its log (§5.3); the code sends as much as fits, which is cut.
- `match` is a leader's. What a server had there when it led is nothing that it goes by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from quorate.checker.conform.adapter import (
    AdapterError,
    Chose,
    Contradiction,
    Refusal,
    Setting,
    Unrealisable,
)
from quorate.impl.outputs import Send
from quorate.impl.raft import AppendEntries, Outdated, RaftState, Server
from quorate.impl.raft.messages import RaftMessage, RequestVote, VoteGranted
from quorate.impl.raft.rules import RaftRole
from quorate.impl.raft.variant import HEALTHY, RaftVariant
from quorate.traces import Record

from .dispatch import step_of
from .raft_servers import RaftServers
from .raft_values import log_shown, payload_of, term_read, term_shown


@dataclass
class Exchanges(RaftServers):
    """All that a run has changed. `committed` and `matched` are how far each was seen to be."""

    committed: Mapping[str, int] = field(default_factory=dict)
    matched: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def match(self) -> dict[tuple[str, str], int]:
        """What each leader knows that others hold."""
        return {
            (s, u): server.match.get(u, 0) if server.role is RaftRole.LEADER else 0
            for s, server in self.servers.items()
            for u in self.servers
        }

    def remember(self) -> None:
        """Note how far each server is; a leader's knowledge ends with its term."""
        commits = {s: server.commit for s, server in self.servers.items()}
        self.committed = {s: max(self.committed.get(s, 0), n) for s, n in commits.items()}
        leads = {s for s, server in self.servers.items() if server.role is RaftRole.LEADER}
        self.matched = {
            (s, u): max(self.matched.get((s, u), 0), n) if s in leads else 0
            for (s, u), n in self.match().items()
        }

    def tell(self, to: str, message: RaftMessage) -> list[Send[Any]]:
        """Deliver a message, and its answers. That a term is outdated is heard in `step_down`."""
        answers = self.receive(to, message)
        for answer in answers:
            if not isinstance(answer.message, Outdated):
                self.receive(answer.dst, answer.message)
        return answers


class RaftExchanges:
    """Performs each action by the method named after it."""

    def __init__(self, variant: RaftVariant = HEALTHY) -> None:
        self.variant = variant

    def start(self, setting: Setting) -> None:
        self.names = [str(s) for s in setting.elements["Server"]]
        if len(self.names) < 2:
            raise AdapterError("a server alone sends nothing: give at least two (-s Server=2)")
        self.shown = set(setting.initial)
        self.run = self.begun(setting)
        self.run.remember()

    def begun(self, setting: Setting) -> Exchanges:
        """The servers as they start."""
        del setting
        return Exchanges.started(self.variant, self.names, dict.fromkeys(self.names, RaftState()))

    def perform(self, action: str, args: Mapping[str, Any]) -> frozenset[Record] | Chose:
        chosen: Chose | None = step_of(self, action)(*args.values())
        self.run.remember()
        return frozenset() if chosen is None else chosen

    def observe(self) -> Mapping[str, Any]:
        return {name: value for name, value in self.seen().items() if name in self.shown}

    def seen(self) -> dict[str, Any]:
        """All that can be shown, by variable."""
        servers = self.run.servers.items()
        return {
            "term": {n: term_shown(s.term) for n, s in servers},
            "log": {n: self.log_of(s) for n, s in servers},
            "role": {n: s.role.name for n, s in servers},
            "match": self.run.match(),
            "commit": {n: s.commit for n, s in servers},
            "committed": self.run.committed,
            "matched": self.run.matched,
        }

    def log_of(self, server: Server) -> tuple[Record, ...]:
        """The whole log of a server."""
        return log_shown(server.log)

    def snapshot(self) -> Exchanges:
        return self.run.copied()

    def restore(self, snapshot: Exchanges) -> None:
        self.run = snapshot.copied()

    # The steps, named as the model names them.

    def _elect(self, s: str, t: str, q: frozenset[str]) -> None:
        before = self.run.copied()
        try:
            self._campaign(s, term_read(t), q)
        except (Refusal, Unrealisable):
            if not self._only_raised_terms(before):
                raise Contradiction(f"a campaign of {s} that fails changes a log") from None
            self.run = before
            raise

    def _step_down(self, s: str, u: str) -> None:
        self.run.tell(s, Outdated(self.run.servers[u].term, u))

    def _request(self, s: str, v: str) -> Chose | None:
        self.run.carry_out(s, lambda: self.run.servers[s].request(payload_of(v)))
        return None

    def _replicate(self, s: str, u: str, n: int, k: int) -> None:
        message = self.part(s, u, n, k)
        self.check_follows(u, message)
        self.run.tell(u, message)

    def _refuse(self, s: str, u: str, n: int) -> None:
        """A step of a mutant: the follower does not have the prefix, and gives a hint."""
        self._replicate(s, u, n, n)

    def _advance_commit(self, s: str, n: int) -> None:
        self.run.carry_out(s, lambda: self.run.servers[s].advance_commit(n))

    def _restart(self, s: str) -> None:
        self.run.restart(s)
        self.run.committed = {**self.run.committed, s: 0}

    # What they are made of.

    def _campaign(self, s: str, term: int, q: frozenset[str]) -> None:
        run, server = self.run, self.run.servers[s]
        if s not in q:
            raise Unrealisable(f"{s} votes for itself")
        if term <= server.term:
            raise Refusal(f"{s} is in {term_shown(server.term)} already")
        asked: dict[str, RequestVote] = {}
        while server.term < term:
            sent = run.carry_out(s, server.start_election)
            asked = {o.dst: o.message for o in sent if isinstance(o.message, RequestVote)}
        for u in sorted(q - {s}):
            if u not in asked:
                raise Unrealisable(f"{s} does not ask {u} for a vote")
            if not any(isinstance(o.message, VoteGranted) for o in run.tell(u, asked[u])):
                raise Refusal(f"{u} does not vote for {s} in {term_shown(term)}")
        run.carry_out(s, server.lead)

    def _only_raised_terms(self, before: Exchanges) -> bool:
        after = self.run.servers
        return all(
            server.log == after[s].log and server.commit == after[s].commit
            for s, server in before.servers.items()
        )

    def part(self, s: str, u: str, n: int, k: int) -> AppendEntries:
        """What s sends to u: its entries after the first n, up to the k-th."""
        server = self.run.servers[s]
        if s == u or not n <= k <= server.state.length:
            raise Unrealisable(f"{s} has no such entries for {u}")
        [output] = self.run.carry_out(s, lambda: server.append(u, n))
        message = output.message
        if not isinstance(message, AppendEntries):
            raise Refusal(f"{s} sends {type(message).__name__} instead")
        return replace(message, entries=message.entries[: k - n])

    def check_follows(self, u: str, message: RaftMessage) -> None:
        """Raises Unrealisable where a message would do a `step_down`, too."""
        if self.run.servers[u].term < message.term:
            raise Unrealisable(f"{u} follows the later term first, which is a step of its own")
