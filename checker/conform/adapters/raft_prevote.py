"""The bundled Raft under the model `PreVoting`: elections as in `RaftElection`, and what precedes.

Time is the adapter's: it says when a server has not heard from its leader for long enough. Where a
server becomes a follower of a later term, or restarts, the model lets that time pass as well.
Whoever loses patience asks for pre-votes anew, so answers to what it asked before still count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from quorate.checker.conform.adapter import Refusal, Setting, Unrealisable
from quorate.impl.raft import AppendEntries, Outdated, RaftState
from quorate.impl.raft.rules import TermAndRole
from quorate.traces import Record

from .raft import RaftAdapter, RaftRun
from .raft_values import entry_read, message_read, term_read


@dataclass
class _Run(RaftRun):
    """With the majority that the model takes for stable."""

    stable: frozenset[str] = frozenset()


class PreVotingAdapter(RaftAdapter):
    """Performs each action by the method named after it."""

    run: _Run

    def begun(self, setting: Setting) -> _Run:
        logs: Any = setting.initial["log"]
        disks = {s: RaftState(log=tuple(map(entry_read, logs[s]))) for s in self.names}
        return _Run.started(self.variant, self.names, disks)

    def seen(self) -> dict[str, Any]:
        hears = {name: server.in_touch for name, server in self.run.servers.items()}
        return {**super().seen(), "hears": hears, "stable": self.run.stable}

    def _ask(self, s: str, t: str) -> frozenset[Record]:
        self._check_impatient(s, t)
        return self._carry_out(s, self.run.servers[s].ask_pre_votes)

    def _grant_pre_vote(self, s: str, m: Record) -> frozenset[Record]:
        return self._grant(s, m)

    def _timeout(self, s: str, t: str) -> frozenset[Record]:
        self._check_impatient(s, t)
        server, sent = self.run.servers[s], self.run.sent
        if not any(m.tag == "AskPreVote" and _is_of(m, t, s) for m in sent):
            raise Refusal(f"{s} has asked nobody for a pre-vote")
        self._carry_out(s, server.ask_pre_votes)
        for m in sent:
            if m.tag == "PreVote" and _is_of(m, t, s):
                self._receive(s, message_read(m))
        if not server.supported():
            raise Refusal(f"no quorum would vote for {s}")
        return super()._timeout(s, t)

    def _step_down(self, s: str, t: str) -> frozenset[Record]:
        server = self.run.servers[s]
        before, sent = server.term, super()._step_down(s, t)
        server.in_touch = server.in_touch and server.term == before
        return sent

    def _heartbeat(self, s: str, u: str) -> frozenset[Record]:
        leader, follower = self.run.servers[s], self.run.servers[u]
        if s == u:
            raise Unrealisable(f"{s} sends nothing to itself")
        [output] = self.run.carry_out(s, lambda: leader.append(u, 0))
        assert isinstance(output.message, AppendEntries), "nothing is compacted here"
        heartbeat = replace(output.message, entries=())
        if follower.situation(heartbeat) is TermAndRole.LATER:
            raise Unrealisable(f"{u} follows the later term first, which is a step of its own")
        answers = self.run.receive(u, heartbeat)
        if not any(isinstance(answer.message, Outdated) for answer in answers):
            follower.hear_leader()
        return frozenset()

    def _lose_touch(self, s: str) -> frozenset[Record]:
        self.run.servers[s].in_touch = False
        return frozenset()

    def _settle(self, s: str, q: frozenset[str]) -> frozenset[Record]:
        del s
        self.run.stable |= q
        return frozenset()

    def _check_impatient(self, s: str, t: str) -> None:
        server = self.run.servers[s]
        if server.in_touch:
            raise Unrealisable(f"{s} hears from a leader, and is patient")
        if term_read(t) != server.term + 1:
            raise Unrealisable(f"{s} is not in the term before {t}")


def _is_of(m: Record, t: str, candidate: str) -> bool:
    return (m["t"], m["candidate"]) == (t, candidate)
