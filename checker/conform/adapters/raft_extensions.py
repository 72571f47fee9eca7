"""The bundled Raft under the models that extend `AtomicRaft`: snapshots, reads, other members.

What a driver of servers does in the bundled replica, an adapter does here: it applies entries,
begins rounds, and says which change of members is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from quorate.checker.conform.adapter import Refusal, Setting, Unrealisable
from quorate.impl.raft import InstallSnapshot, RaftState, Server, Snapshot
from quorate.impl.raft.rules import RaftRole
from quorate.impl.store import StoreSnapshot
from quorate.traces import Record

from .raft_exchanges import Exchanges, RaftExchanges
from .raft_values import entry_read, log_shown


class SnapshotExchanges(RaftExchanges):
    """`RaftSnapshots`. Its state machine keeps all that it was told, so snapshots show it.

    The bundled leader sends its latest snapshot; one that arrives late is an earlier one.
    """

    def seen(self) -> dict[str, Any]:
        servers = self.run.servers.items()
        base = {name: server.state.snapshot.length for name, server in servers}
        return {**super().seen(), "base": base}

    def log_of(self, server: Server) -> tuple[Record, ...]:
        return _whole(server)

    def _compact(self, s: str, n: int) -> None:
        server = self.run.servers[s]
        self.run.carry_out(s, lambda: server.compact(_snapshot(server, n)))

    def _replicate(self, s: str, u: str, n: int, k: int) -> None:
        if n < self.run.servers[u].state.snapshot.length:
            raise Unrealisable(f"{u} is sent what follows its snapshot")
        super()._replicate(s, u, n, k)

    def _append_nothing(self, s: str, u: str) -> None:
        """A step of a mutant: what u lacks is the last entry that the snapshot stands for."""
        n = self.run.servers[s].state.snapshot.length - 1
        if n < 0 or s == u:
            raise Unrealisable(f"{s} has no snapshot for {u}")
        message = self.part(s, u, n, n)
        self.check_follows(u, message)
        self.run.tell(u, message)

    def _install(self, s: str, u: str, n: int) -> None:
        server = self.run.servers[s]
        if s == u or not 0 < n <= server.state.snapshot.length:
            raise Unrealisable(f"{s} has no such snapshot for {u}")
        [output] = self.run.carry_out(s, lambda: server.append(u, 0))
        message = output.message
        if not isinstance(message, InstallSnapshot):
            raise Refusal(f"{s} sends {type(message).__name__} instead")
        if n < message.length:
            earlier = msgspec.json.encode(_snapshot(server, n))
            message = replace(message, length=n, data=earlier)
        assert message.offset == 0 and message.done, "so small a snapshot is one part"
        self.check_follows(u, message)
        self.run.tell(u, message)


def _whole(server: Server) -> tuple[Record, ...]:
    """All entries of a server, with those that its snapshot stands for."""
    kept = server.state.snapshot.store.values
    entries = (Record("Entry", (("t", key.split()[1]), ("v", v))) for key, v in kept)
    return (*entries, *log_shown(server.log))


def _snapshot(server: Server, n: int) -> Snapshot:
    """What the first n entries have led to: that they were there, each in its place and term."""
    entries = _whole(server)[:n]
    kept = tuple((f"{i} {e['t']}", str(e["v"])) for i, e in enumerate(entries))
    last = entry_read(entries[-1]).term if entries else 0
    return Snapshot(n, last, None, StoreSnapshot(kept))


@dataclass
class _Reads(Exchanges):
    """`pending` is the round and the read index of each leader that reads."""

    rounds: int = 0
    pending: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    due: Mapping[str, int] = field(default_factory=dict)
    """What was known to be committed, by anyone, when the read came."""
    newest: int = 0
    stale: bool = False

    def remember(self) -> None:
        super().remember()
        leads = {s for s, server in self.servers.items() if server.role is RaftRole.LEADER}
        self.newest = max(self.newest, *(server.commit for server in self.servers.values()))
        self.pending = {s: read for s, read in self.pending.items() if s in leads}
        self.due = {s: self.due[s] for s in self.pending}


class ReadExchanges(RaftExchanges):
    """`ReadIndex`. A read that the code takes, and that waits for an entry, comes later here.

    Only `confirm` sends in the round of a read: whoever drives a server says when one begins.
    """

    run: _Reads

    def begun(self, setting: Setting) -> Exchanges:
        del setting
        return _Reads.started(self.variant, self.names, dict.fromkeys(self.names, RaftState()))

    def seen(self) -> dict[str, Any]:
        run, names = self.run, self.names
        return {
            **super().seen(),
            "reading": {s: run.pending[s][1] if s in run.pending else None for s in names},
            "confirmed": {s: self._confirmed(s) for s in names},
            "newest": run.newest,
            "due": {s: run.due.get(s, 0) for s in names},
            "stale": run.stale,
        }

    def _read(self, s: str) -> None:
        run, server = self.run, self.run.servers[s]
        if s in run.pending:
            raise Unrealisable(f"{s} reads already, and the model has one at a time")
        if server.role is not RaftRole.LEADER:
            raise Refusal(f"{s} does not lead")
        index = server.read_index()
        if index > server.commit:
            raise Refusal(f"the read waits until {index} entries are committed")
        run.rounds += 1
        run.pending = {**run.pending, s: (run.rounds, index)}
        run.due = {**run.due, s: run.newest}

    def _confirm(self, s: str, u: str) -> None:
        if s not in self.run.pending:
            raise Unrealisable(f"{s} reads nothing")
        heartbeat = replace(self.part(s, u, 0, 0), round=self.run.pending[s][0])
        self.check_follows(u, heartbeat)
        self.run.tell(u, heartbeat)

    def _answer(self, s: str) -> None:
        run = self.run
        if s not in run.pending:
            raise Refusal(f"{s} reads nothing")
        round_, index = run.pending[s]
        if not run.servers[s].may_answer(round_, index):
            raise Refusal(f"{s} waits for a quorum to hear of the round")
        run.stale = run.stale or index < run.due[s]
        run.pending = {u: read for u, read in run.pending.items() if u != s}

    def _confirmed(self, s: str) -> frozenset[str]:
        if s not in self.run.pending:
            return frozenset()
        round_, heard = self.run.pending[s][0], self.run.servers[s].heard
        return frozenset({s, *(u for u, latest in heard.items() if round_ <= latest)})
