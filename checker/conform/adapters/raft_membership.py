"""The bundled Raft under the models whose commands change the members.

Every command is a configuration, in the log as the code has it. All servers are taken for learners,
as those are that are to become members: they are sent entries, and asked for votes, which do not
count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from quorate.checker.conform.adapter import Chose, Contradiction, Refusal, Setting, Unrealisable
from quorate.impl.raft import RaftState, Server
from quorate.impl.raft.membership import Membership
from quorate.impl.raft.records import RaftOutputs
from quorate.traces import Record

from .raft_exchanges import Exchanges, RaftExchanges
from .raft_values import term_shown


class MembershipExchanges(RaftExchanges):
    """`JointConsensus` and `SingleServerChanges`: each step of a change is asked for."""

    def begun(self, setting: Setting) -> Exchanges:
        first: Any = setting.initial["first"]
        members: Any = setting.initial["members"]
        old: Any = setting.initial.get("old", members)
        self.is_joint = "old" in setting.initial
        self.asked = {v: _from(old[v], members[v]) for v in members}
        self.values: dict[object, str] = {asked: v for v, asked in reversed(self.asked.items())}
        disks = dict.fromkeys(self.names, RaftState())
        return Exchanges.started(self.variant, _in_order(first), disks)

    def log_of(self, server: Server) -> tuple[Record, ...]:
        return tuple(
            Record("Entry", (("t", term_shown(e.term)), ("v", self._value(e.payload))))
            for e in server.log
        )

    def _elect(self, s: str, t: str, q: frozenset[str]) -> None:
        if not self.run.servers[s].is_member:
            raise Refusal(f"{s} is no member, and does not campaign")
        self.run.servers[s].learners = tuple(self.names)
        super()._elect(s, t, q)
        self.run.servers[s].teach(self.names)

    def _request(self, s: str, v: str) -> Chose | None:
        server, asked = self.run.servers[s], self.asked[v]
        self.run.carry_out(s, lambda: self._step(server, asked))
        chosen = self.values.get(server.log[-1].payload)
        return None if chosen in (None, v) else Chose((), v=chosen)

    def _step(self, server: Server, asked: Membership) -> RaftOutputs:
        """Take the step to a configuration, if there is one."""
        now = server.configuration
        if asked == now:
            return server.request(asked)
        if now.incoming is not None and asked == Membership(now.incoming):
            return server.complete_change()
        if not self.is_joint:
            return server.change_one(asked.members)
        if asked.incoming is None or asked.members != now.members:
            raise Unrealisable("no change leads from the configuration in force to this one")
        return server.change(asked.incoming)

    def _value(self, payload: object) -> str:
        if payload not in self.values:
            raise Contradiction(f"nobody asked for {payload}")
        return self.values[payload]


def _from(old: Iterable[str], new: Iterable[str]) -> Membership:
    before, after = _in_order(old), _in_order(new)
    return Membership(after) if before == after else Membership(before, after)


def _in_order(servers: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(servers))
