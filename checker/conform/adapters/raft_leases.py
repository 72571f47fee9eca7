"""The bundled Raft under the models of reads by leases: servers, each with its replica's clock.

What the bundled replica does with them, an adapter does here: it asks the clock whom a server may
help, lets it hear of leaders, and begins rounds. Only that time passes is told to the replica
itself, as a node tells it before each message: a tick of the model is one of its clock, which
counts anew after a restart; what is shown goes on. Others wait for a leader as long as a lease
lasts and the margin, and the margin is the drift that the leader allows for.

That somebody has waited long enough is a step of the model: in the code it votes from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from quorate.checker.conform.adapter import Refusal, Setting, Unrealisable
from quorate.impl.outputs import Send
from quorate.impl.raft import AppendEntries, LogMismatch, RaftState, Replica
from quorate.impl.raft.lease_clock import LeaseClock
from quorate.impl.raft.messages import RaftMessage
from quorate.impl.raft.reading import PendingReads
from quorate.impl.raft.rules import RaftRole

from .copying import copied
from .raft_exchanges import Exchanges, RaftExchanges


@dataclass
class _Clocked(Exchanges):
    """Of each leader `rounds` has when they began; `read` and `newest` are lengths of logs."""

    shortest: int = 0
    drift: int = 0
    replicas: dict[str, Replica] = field(default_factory=dict)
    since: Mapping[str, int] = field(default_factory=dict)
    """When each clock began to count."""
    patient: frozenset[str] = frozenset()
    """Who has heard from a leader, and has not been told that its time is over."""
    waiting: dict[str, PendingReads] = field(default_factory=dict)
    rounds: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    read: Mapping[str, int] = field(default_factory=dict)
    newest: int = 0
    stale: bool = False

    def copied(self) -> Self:
        """A copy of all that a run changes."""
        replicas = {s: _copied(replica) for s, replica in self.replicas.items()}
        waiting = {s: copied(reads) for s, reads in self.waiting.items()}
        return replace(super().copied(), replicas=replicas, waiting=waiting)

    def clock(self, s: str) -> LeaseClock:
        """The clock of its replica."""
        return self.replicas[s].clock

    def has_waited(self, s: str) -> bool:
        """Whether as much time has passed since it heard from a leader as it waits for one."""
        clock = self.clock(s)
        return clock.heard is None or clock.heard + self.shortest <= clock.now

    def time(self, s: str) -> int:
        """What its clock shows, in the model."""
        return self.since[s] + self.clock(s).now

    def start_clock(self, s: str, at: int) -> None:
        """It counts from now on."""
        server = self.servers[s]
        self.replicas[s] = replica = self.variant.replica(server)
        replica.clock = self.variant.clock(self.shortest, self.drift, server.term)
        self.since = {**self.since, s: at}
        self.patient = self.patient - {s} if self.clock(s).heard is None else self.patient | {s}

    def begin_round(self, s: str) -> None:
        """A leader begins to send once more to all."""
        server = self.servers[s]
        server.round += 1
        self.waiting[s].begin(server.round, self.clock(s).now)
        self.rounds = {**self.rounds, s: {**self.rounds.get(s, {}), server.round: self.time(s)}}

    def receive(self, name: str, message: RaftMessage) -> list[Send[Any]]:
        server, clock = self.servers[name], self.clock(name)
        server.in_touch = clock.is_in_touch()
        sent = super().receive(name, message)
        if isinstance(message, AppendEntries) and message.term == server.term:
            clock.hear()
            server.hear_leader()
            self.patient |= {name}
        return sent

    def restart(self, name: str) -> None:
        now = self.time(name)
        super().restart(name)
        self.start_clock(name, now)

    def remember(self) -> None:
        super().remember()
        leads = {s for s, server in self.servers.items() if server.role is RaftRole.LEADER}
        self.newest = max(self.newest, *(server.commit for server in self.servers.values()))
        self.waiting = {s: reads for s, reads in self.waiting.items() if s in leads}
        self.rounds = {s: began for s, began in self.rounds.items() if s in leads}
        self.read = {s: n for s, n in self.read.items() if s in leads}
        for s, reads in self.waiting.items():
            reads.confirm(self.servers[s].is_confirmed)


class LeaseExchanges(RaftExchanges):
    """`LeaseReads`, and `AnsweredLeaseReads`, in which reads are steps."""

    run: _Clocked

    def begun(self, setting: Setting) -> Exchanges:
        sizes = dict(setting.sizes)
        run = _Clocked.started(self.variant, self.names, dict.fromkeys(self.names, RaftState()))
        run.shortest, run.drift = sizes["Lease"] + sizes["Margin"], sizes["Margin"]
        for s in self.names:
            run.start_clock(s, 0)
        return run

    def seen(self) -> dict[str, Any]:
        run, names = self.run, self.names
        return {
            **super().seen(),
            "clock": {s: run.time(s) for s in names},
            "began": {s: max(run.rounds.get(s, {}).values(), default=0) for s in names},
            "answered": {(s, u): self._answered(s, u) for s in names for u in names},
            "heard": {s: self._heard(s) for s in names},
            "newest": run.newest,
            "read_up_to": {s: run.read.get(s) for s in names},
            "stale": run.stale,
        }

    def _tick(self, s: str) -> None:
        self.run.replicas[s].pass_time(1)

    def _elect(self, s: str, t: str, q: frozenset[str]) -> None:
        super()._elect(s, t, q)
        self.run.waiting[s] = PendingReads()
        self.run.begin_round(s)

    def _campaign(self, s: str, term: int, q: frozenset[str]) -> None:
        for u in sorted(q & self.run.patient):
            if self.run.has_waited(u):
                raise Unrealisable(f"{u} has waited, and says so first, in a step of its own")
        if self.run.clock(s).is_in_touch():
            raise Refusal(f"{s} hears from a leader, and is patient")
        super()._campaign(s, term, q)

    def _begin_round(self, s: str) -> None:
        if s not in self.run.waiting:
            raise Refusal(f"{s} does not lead")
        self.run.begin_round(s)

    def _replicate(self, s: str, u: str, n: int, k: int) -> None:
        self._send(s, u, n, k, differs=False)

    def _mismatch(self, s: str, u: str, n: int) -> None:
        self._send(s, u, n, n, differs=True)

    def _time_out(self, s: str) -> None:
        if s not in self.run.patient or self.run.clock(s).is_in_touch():
            raise Refusal(f"{s} has not waited for a leader long enough")
        self.run.patient -= {s}

    def _read(self, s: str) -> None:
        run, server, clock = self.run, self.run.servers[s], self.run.clock(s)
        if server.role is not RaftRole.LEADER:
            raise Refusal(f"{s} does not lead")
        if not run.waiting[s].has_lease(clock.now, clock.lease_length()):
            raise Refusal(f"{s} has no lease")
        if (index := server.read_index()) > server.commit:
            raise Refusal(f"the read waits until {index} entries are committed")
        run.read = {**run.read, s: server.commit}
        run.stale = run.stale or server.commit < run.newest

    def _send(self, s: str, u: str, n: int, k: int, differs: bool) -> None:
        """Send a part of a log, to whom it follows what it has or, as is said, differs."""
        before, message = self.run.copied(), self.part(s, u, n, k)
        self.check_follows(u, message)
        answers = self.run.tell(u, message)
        if differs != any(isinstance(answer.message, LogMismatch) for answer in answers):
            self.run = before
            raise Refusal(f"what {u} has {'is' if differs else 'is not'} as long as {n}, or alike")

    def _answered(self, s: str, u: str) -> int | None:
        """When the round began that u answered last, on the leader's clock."""
        return self.run.rounds.get(s, {}).get(self.run.servers[s].heard.get(u, 0))

    def _heard(self, s: str) -> int | None:
        heard = self.run.clock(s).heard
        return None if heard is None or s not in self.run.patient else self.run.since[s] + heard


def _copied(replica: Replica) -> Replica:
    """A copy for its time alone: a run has the servers."""
    twin = copied(replica)
    twin.clock = copied(replica.clock)
    return twin
