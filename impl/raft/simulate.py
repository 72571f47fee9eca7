"""Raft in a deterministic world: virtual time, a bad network, crashing servers, one seed.

Rules:
- All chance comes from the seed. The same arguments give the same report.
- A crash loses the replica and keeps its disk. A message already under way stays so.
- Whatever a server commits is held against all that was ever committed; a run stops at the first
  violation. Whether the clients were told the truth is for a checker of `history` to say.
- When the faults have ceased, all clients finish: a run in which they do not is a finding.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

from quorate.impl.client import Client
from quorate.impl.errors import ConfigError, SafetyViolation
from quorate.impl.faults import Faults, draw_schedule
from quorate.impl.outputs import Persist, Send
from quorate.impl.patience import Patience
from quorate.impl.simulation.workload import Workload
from quorate.impl.store import (
    Answered,
    ClientMessage,
    Completed,
    Redirected,
    Submission,
)
from quorate.impl.store.history import HistoryEvent, invoked, returned, unknown

from .messages import LogEntry, RaftMessage
from .records import RaftOutputs, RaftRecord, RaftState
from .replica import Replica
from .server import Server

TICK_S: Final = 0.01
RETRY_S: Final = 0.3
MOST_TRIES: Final = 8
PAUSE_S: Final = 0.2
TIME_LIMIT_S: Final = 120.0

#: A rough time: everything that Raft must survive, at once.
ROUGH: Final = Faults(
    loss=0.15,
    duplication=0.2,
    max_delay_s=0.05,
    crashes=6,
    torn_writes=0.01,
    partitions=4,
    drift=0.5,
)


@dataclass(frozen=True)
class RaftReport:
    """What happened in one simulated run. `history` is for `quorate linearize`."""

    seed: int
    violation: str | None
    finished: bool
    committed: int
    terms: int
    given_up: int
    crashes: int
    virtual_s: float
    history: tuple[HistoryEvent, ...] = field(repr=False)


def simulate_raft(
    nodes: int = 3,
    seed: int = 0,
    faults: Faults | None = None,
    clients: int = 3,
    calls: int = 10,
    server: type[Server] = Server,
) -> RaftReport:
    """Run one cluster until each client has made its calls and the faults have ceased.

    Raises ConfigError for a cluster without servers or clients, or faults that it does not have.
    """
    if nodes < 1 or clients < 1 or calls < 1:
        raise ConfigError("A run needs at least one server, one client and one call.")
    chosen = Faults() if faults is None else faults
    if chosen.unsynced:
        raise ConfigError("Raft's simulated disks lose no writes: leave unsynced out.")
    return _World(nodes, seed, chosen, clients, calls, server).run()


class _Died(Exception):
    """A server dies in the middle of a handler."""


@dataclass
class _Machine:
    """One server's place in the world: it stays when the server dies."""

    name: str
    tick_s: float
    disk: RaftState = field(default_factory=RaftState)
    replica: Replica | None = None
    lives: int = 0
    checked: int = 0


class _World:
    def __init__(
        self, nodes: int, seed: int, faults: Faults, clients: int, calls: int, server: type[Server]
    ) -> None:
        self._seed, self._faults, self._server = seed, faults, server
        self._names = tuple(f"n{index}" for index in range(nodes))
        self._random = Random(f"{seed}/network")
        self._schedule = draw_schedule(faults, self._names, Random(f"{seed}/schedule"))
        rates = dict(self._schedule.clock_rates)
        self._machines = {name: _Machine(name, TICK_S / rates[name]) for name in self._names}
        self._callers = {
            name: Workload(Client(name, self._names), calls, Random(f"{seed}/{name}"))
            for name in (f"c{index}" for index in range(clients))
        }
        self._now_s = 0.0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._tickets = self._crashes = self._terms = 0
        self._committed: list[LogEntry] = []
        self._history: list[HistoryEvent] = []
        self._violation: str | None = None

    def run(self) -> RaftReport:
        for machine in self._machines.values():
            self._boot(machine)
        for crash in self._schedule.crashes:
            machine = self._machines[crash.node]
            self._at(crash.at_s, partial(self._kill, machine, crash.back_s))
        for caller in self._callers.values():
            self._at(self._random.uniform(0, 1), partial(self._call, caller))
        while self._now_s < TIME_LIMIT_S and not self._finished() and self._violation is None:
            self._now_s, _, action = heapq.heappop(self._queue)
            action()
        return RaftReport(
            seed=self._seed,
            violation=self._violation,
            finished=self._finished(),
            committed=len(self._committed),
            terms=self._terms,
            given_up=sum(caller.given_up for caller in self._callers.values()),
            crashes=self._crashes,
            virtual_s=self._now_s,
            history=tuple(self._history),
        )

    def _at(self, delay_s: float, action: Callable[[], None]) -> None:
        """Schedule an action; ties keep the order in which they were scheduled."""
        self._tickets += 1
        heapq.heappush(self._queue, (self._now_s + delay_s, self._tickets, action))

    def _active(self) -> bool:
        return self._now_s < self._faults.active_s

    def _finished(self) -> bool:
        idle = all(c.calls == 0 and c.client.waiting is None for c in self._callers.values())
        return idle and not self._active()

    # The network.

    def _carry(self, src: str, dst: str, arrive: Callable[[], None]) -> None:
        copies = 2 if self._active() and self._random.random() < self._faults.duplication else 1
        for _ in range(copies):
            delay_s = self._random.uniform(self._faults.min_delay_s, self._faults.max_delay_s)
            self._at(delay_s, lambda: None if self._loses(src, dst) else arrive())

    def _loses(self, src: str, dst: str) -> bool:
        cut = any(p.separates(self._now_s, src, dst) for p in self._schedule.partitions)
        return cut or (self._active() and self._random.random() < self._faults.loss)

    # The servers.

    def _boot(self, machine: _Machine) -> None:
        machine.lives += 1
        machine.checked = 0
        random = Random(f"{self._seed}/{machine.name}/{machine.lives}")
        server = self._server(machine.name, self._names, state=machine.disk)
        machine.replica = Replica(server, Patience(random, 15, 30))
        self._tick(machine, machine.lives)

    def _tick(self, machine: _Machine, life: int) -> None:
        if machine.replica is not None and machine.lives == life:
            self._act(machine, machine.replica.tick)
            self._at(machine.tick_s, lambda: self._tick(machine, life))

    def _deliver(self, machine: _Machine, message: RaftMessage | Submission) -> None:
        replica = machine.replica
        if replica is None:
            return
        if isinstance(message, Submission):
            self._act(machine, lambda: replica.submit(message))
        else:
            self._act(machine, lambda: replica.receive(message))

    def _act(self, machine: _Machine, handler: Callable[[], RaftOutputs]) -> None:
        """Let a server act; it may die of it, or find out that the protocol is broken."""
        try:
            for output in handler():
                self._carry_out(machine, output)
            self._check(machine)
        except _Died:
            self._kill(machine, self._now_s + self._faults.downtime_s)
        except SafetyViolation as violation:
            self._violation = str(violation)

    def _carry_out(
        self,
        machine: _Machine,
        output: Persist[RaftRecord] | Send[RaftMessage | ClientMessage],
    ) -> None:
        if isinstance(output, Persist):
            self._save(machine, output.record)
            return
        message, dst = output.message, output.dst
        if isinstance(message, (Completed, Redirected)):
            caller, told = self._callers[dst], message
            self._carry(machine.name, dst, lambda: self._hear(caller, told))
        else:
            to, sent = self._machines[dst], message
            self._carry(machine.name, dst, lambda: self._deliver(to, sent))

    def _save(self, machine: _Machine, record: RaftRecord) -> None:
        """Write to disk; sometimes the server dies of it: just before, or just after."""
        dies = self._active() and self._random.random() < self._faults.torn_writes
        if dies and self._random.random() < 0.5:
            raise _Died
        machine.disk = machine.disk.after(record)
        if dies:
            raise _Died

    def _check(self, machine: _Machine) -> None:
        """Hold what the server has committed against what was ever committed (figure 3)."""
        assert machine.replica is not None
        server = machine.replica.server
        self._terms = max(self._terms, server.term)
        for position in range(machine.checked, server.commit):
            entry = server.log[position]
            if position == len(self._committed):
                self._committed.append(entry)
            if self._committed[position] != entry:
                raise SafetyViolation(
                    f"Entry {position + 1} was committed as {self._committed[position]}; "
                    f"{machine.name} commits {entry}."
                )
        machine.checked = server.commit

    def _kill(self, machine: _Machine, back_s: float) -> None:
        if machine.replica is not None:
            machine.replica = None
            self._crashes += 1
            self._at(max(0.0, back_s - self._now_s), lambda: self._boot(machine))

    # The clients.

    def _call(self, caller: Workload) -> None:
        command = caller.draw()
        caller.calls -= 1
        caller.tries = 1
        self._history.append(invoked(caller.process, command))
        self._submit(caller, caller.client.begin(command))
        self._wait(caller)

    def _submit(self, caller: Workload, send: Send[Submission]) -> None:
        machine, submission = self._machines[send.dst], send.message
        self._carry(caller.client.name, send.dst, lambda: self._deliver(machine, submission))

    def _wait(self, caller: Workload) -> None:
        waiting = caller.client.waiting
        self._at(RETRY_S, lambda: self._miss(caller, waiting))

    def _miss(self, caller: Workload, submission: Submission | None) -> None:
        """No answer in time: ask another server, or give up in the end."""
        if submission is None or caller.client.waiting != submission:
            return
        if caller.tries < MOST_TRIES:
            caller.tries += 1
            self._submit(caller, caller.client.repeat())
            self._wait(caller)
            return
        self._history.append(unknown(caller.process, submission.command))
        caller.client.give_up()
        caller.given_up += 1
        self._rest(caller)

    def _hear(self, caller: Workload, message: ClientMessage) -> None:
        waiting = caller.client.waiting
        answer = caller.client.receive(message)
        if isinstance(answer, Send):
            self._submit(caller, answer)
        elif isinstance(answer, Answered) and waiting is not None:
            self._history.append(returned(caller.process, waiting.command, answer.result))
            self._rest(caller)
        elif answer is not None:
            self._violation = f"{caller.client.name} kept to its rules and was told: {answer}"

    def _rest(self, caller: Workload) -> None:
        if caller.calls:
            self._at(caller.random.uniform(0, 2 * PAUSE_S), lambda: self._call(caller))
