"""The bundled Raft under `PromptRaft`, whose servers send at once whatever they may.

A candidate asks when it stands for election, and a leader sends its whole log, from each position
on, whenever that or its commit index is news. What was sent may arrive late, again, or never; votes
and acknowledgements arrive as they are given. A message of a later term is not taken before the
server follows that term, which is a step of the model.

A crash in the middle of a step comes before its last record is on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from quorate.checker.conform.adapter import Refusal, Setting, Unrealisable
from quorate.impl.outputs import Persist
from quorate.impl.raft import Appended, AppendEntries, Outdated, RaftState, Server
from quorate.impl.raft.messages import RequestVote, VoteGranted
from quorate.impl.raft.records import RaftOutputs
from quorate.impl.raft.rules import RaftRole
from quorate.traces import Record

from .raft_exchanges import Exchanges, RaftExchanges
from .raft_values import log_shown, payload_of, term_read, term_shown


@dataclass
class _Prompt(Exchanges):
    """What was sent: by each candidate of a term, and by the leaders of terms.

    A leader's appends are known by their term, the length of its log and its commit index then, and
    each by the prefix that it follows.
    """

    asked: Mapping[tuple[str, str], RequestVote] = field(default_factory=dict)
    elected: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    offered: Mapping[tuple[str, int, int], tuple[AppendEntries, ...]] = field(default_factory=dict)


class PromptExchanges(RaftExchanges):
    """Performs each action by the method named after it."""

    run: _Prompt

    def begun(self, setting: Setting) -> Exchanges:
        self.terms = [str(t) for t in setting.elements["Term"] if t != term_shown(0)]
        self.lengths = range(dict(setting.sizes)["Index"] + 1)
        return _Prompt.started(self.variant, self.names, dict.fromkeys(self.names, RaftState()))

    def seen(self) -> dict[str, Any]:
        run, terms, servers = self.run, self.terms, self.run.servers.items()
        return {
            **super().seen(),
            "voted_for": {s: server.voted_for for s, server in servers},
            "votes": {s: _votes(server) for s, server in servers},
            "asked": {(s, t): _ask(run.asked.get((s, t))) for s in self.names for t in terms},
            "elected": {t: run.elected.get(t) for t in terms},
            "history": {t: run.history.get(t, ()) for t in terms},
            "offered": {
                (t, k, c): (t, k, c) in run.offered
                for t in terms
                for k in self.lengths
                for c in self.lengths
            },
        }

    # The steps, named as the model names them.

    def _timeout(self, s: str, t: str) -> None:
        server = self.run.servers[s]
        if term_read(t) != server.term + 1:
            raise Unrealisable(f"a server in {term_shown(server.term)} cannot be told to try {t}")
        sent = self.run.carry_out(s, server.start_election)
        [ask] = {o.message for o in sent if isinstance(o.message, RequestVote)}
        self.run.asked = {**self.run.asked, (s, t): ask}

    def _step_down(self, s: str, t: str) -> None:
        self.run.tell(s, Outdated(term_read(t), self._somebody_in(t)))

    def _grant(self, s: str, c: str, t: str) -> None:
        ask = self.run.asked.get((c, t))
        if ask is None or s == c:
            raise Unrealisable(f"{c} does not ask {s} for a vote in {t}")
        self.check_follows(s, ask)
        if not any(isinstance(o.message, VoteGranted) for o in self.run.tell(s, ask)):
            raise Refusal(f"{s} does not vote for {c}")

    def _lead(self, s: str, t: str) -> None:
        self._led(s, t, self.run.servers[s].lead)
        self.run.elected = {**self.run.elected, t: s}

    def _request(self, s: str, t: str, v: str) -> None:  # type: ignore[override]
        self._led(s, t, lambda: self.run.servers[s].request(payload_of(v)))

    def _receive_append(self, s: str, t: str, n: int, k: int, c: int) -> None:
        offered = self.run.offered.get((t, k, c), ())
        if not n < len(offered):
            raise Unrealisable(f"nobody sends this in {t}")
        self.check_follows(s, offered[n])
        if not any(isinstance(o.message, Appended) for o in self.run.tell(s, offered[n])):
            raise Refusal(f"{s} lacks what comes before")

    def _advance_commit(self, s: str, t: str, n: int) -> None:  # type: ignore[override]
        self._led(s, t, lambda: self.run.servers[s].advance_commit(n))

    def _crash_between(self, s: str, t: str) -> None:
        server = self.run.servers[s]
        self._somebody_in(t)
        if term_read(t) <= server.term:
            raise Refusal(f"{s} is in {term_shown(server.term)} already")
        outputs = server.step_down(term_read(t))
        records = [output.record for output in outputs if isinstance(output, Persist)]
        for record in records[:-1]:
            self.run.disks[s] = self.run.disks[s].after(record)
        self._restart(s)

    # What they are made of.

    def _led(self, s: str, t: str, step: Callable[[], RaftOutputs]) -> None:
        """Take a step of a leader of this term, and send all that it has then."""
        run, server = self.run, self.run.servers[s]
        if server.term != term_read(t):
            raise Refusal(f"{s} is not in {t}")
        run.carry_out(s, step)
        other, length = next(u for u in self.names if u != s), server.state.length
        sent = [run.carry_out(s, partial(server.append, other, n)) for n in range(length + 1)]
        run.history = {**run.history, t: log_shown(server.log)}
        appends = tuple(output.message for outputs in sent for output in outputs)
        run.offered = {**run.offered, (t, length, server.commit): appends}

    def _somebody_in(self, t: str) -> str:
        """A server that has stood for election in a term. Raises Unrealisable without any."""
        asking = [s for s, asked_in in self.run.asked if asked_in == t]
        if not asking:
            raise Unrealisable(f"nobody tells of {t}")
        return asking[0]


def _votes(server: Server) -> frozenset[str]:
    """The votes of a candidate; those of an earlier candidacy do not count."""
    return server.votes if server.role is RaftRole.CANDIDATE else frozenset()


def _ask(message: RequestVote | None) -> Record | None:
    if message is None:
        return None
    last = term_shown(message.last_term)
    return Record("Ask", (("length", message.length), ("last", last)))
