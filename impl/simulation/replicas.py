"""Any replicated system in a deterministic world: one seeded host for all of them.

Rules:
- A crash loses the replica and keeps its disk. A message already under way stays so.
- After each input an audit looks at the replica; a run stops at the first violation that it finds.
- An answer comes from a state with all that was committed when the client asked. If one does not,
  the run has failed, and goes on: `history` shows what clients were told. Whether that is the truth
  in every other way is for a checker of it to say.
- When the faults have ceased, all clients finish: a run in which they do not is a finding.
- A clock has a rate of its own (`faults.drift`), or, with a `drift_bound`, readings that are at
  most so many milliseconds from those of any other (`DriftingClock`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Final, TypeAlias, cast

from quorate.impl.errors import ImplError, SafetyViolation
from quorate.impl.outputs import Persist, Send
from quorate.impl.replicated.client import Client
from quorate.impl.replicated.replica import AnyReplica, AnyState, ReplicatedSystem
from quorate.impl.store import Completed, Redirected, Submission
from quorate.impl.store.history import HistoryEvent

from .callers import Callers
from .clocks import DriftingClock
from .plan import Plan
from .workload import Workload
from .world import World

TICK_MS: Final = 10
ADMINISTERED_EVERY_S: Final = 0.2
TIME_LIMIT_S: Final = 120.0

Outputs: TypeAlias = tuple[Persist[Any] | Send[Any], ...]

#: Looks at a replica after an input, by name and life. Raises SafetyViolation.
Audit: TypeAlias = Callable[[Any, int], None]

#: Asks something of a live replica now and then: to hand over, or to change the members. What the
#: replica refuses (ProtocolRefusal) does not happen.
Administrator: TypeAlias = Callable[[Any, Random], Outputs]


@dataclass(frozen=True)
class ReplicasReport:
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

    @property
    def problem(self) -> str | None:
        """What is wrong with the run; None if nothing is."""
        return self.violation or (None if self.finished else "it does not end")


def simulate_replicas(
    system: ReplicatedSystem[Any, Any, Any],
    seed: int,
    plan: Plan,
    audit: Audit | None = None,
    administrator: Administrator | None = None,
) -> ReplicasReport:
    """Run one cluster until each client has made its calls and the faults have ceased."""
    return _Cluster(system, seed, plan, audit, administrator).run()


class _Died(Exception):
    """A server dies in the middle of a handler."""


@dataclass
class _Machine:
    """One server's place in the world: it stays when the server dies."""

    name: str
    disk: AnyState[Any]
    clock: DriftingClock | None
    tick_s: float
    replica: AnyReplica[Any, Any] | None = None
    lives: int = 0
    ticks: int = 0


class _Cluster(World):
    def __init__(
        self,
        system: ReplicatedSystem[Any, Any, Any],
        seed: int,
        plan: Plan,
        audit: Audit | None,
        administrator: Administrator | None,
    ) -> None:
        names = plan.names
        clients = [f"c{index}" for index in range(plan.clients)]
        super().__init__(seed, names, plan.faults, clients)
        self._system, self._members = system, names[: plan.nodes]
        self._audit, self._administrator = audit, administrator
        self._machines = {name: self._machine(name, plan) for name in names}
        workloads = {
            name: Workload(
                Client(name, names), plan.calls, Random(f"{seed}/{name}"), k < plan.habits.readers
            )
            for k, name in enumerate(clients)
        }
        self._callers = Callers(self, workloads, self._submit, plan.habits)
        self._isolations = plan.isolations
        self._crashes = self._terms = self._committed = 0
        self._owed: dict[tuple[str, int], int] = {}
        """How much was committed when a client first asked, by client and number."""
        self._violation: str | None = None
        self._stale: str | None = None
        """What is wrong with the first answer that is out of date."""

    def run(self) -> ReplicasReport:
        for machine in self._machines.values():
            self._boot(machine)
        for crash in self.schedule.crashes:
            self.at(crash.at_s, partial(self._kill, self._machines[crash.node], crash.back_s))
        if self._administrator is not None:
            self.at(ADMINISTERED_EVERY_S, self._administer)
        for k in range(self._isolations):
            self.at((k + 0.5) * self._gap_s(), self._isolate)
        self._callers.start()
        while self.now_s < TIME_LIMIT_S and not self._finished() and self._violation is None:
            self.step()
        return ReplicasReport(
            seed=self.seed,
            violation=self._violation or self._stale,
            finished=self._finished(),
            committed=self._committed,
            terms=self._terms,
            given_up=self._callers.given_up,
            crashes=self._crashes,
            virtual_s=self.now_s,
            history=tuple(self._callers.history),
        )

    def _finished(self) -> bool:
        return not self.active() and self._callers.finished()

    def _machine(self, name: str, plan: Plan) -> _Machine:
        rate = dict(self.schedule.clock_rates)[name]
        clock = None
        if plan.drift_bound is not None:
            clock = DriftingClock(Random(f"{self.seed}/clock/{name}"), plan.drift_bound)
        return _Machine(name, self._system.empty, clock, TICK_MS / 1000 / rate)

    # Servers.

    def _boot(self, machine: _Machine) -> None:
        machine.lives += 1
        random = Random(f"{self.seed}/{machine.name}/{machine.lives}")
        machine.replica = self._system.recover(machine.name, self._members, machine.disk, random)
        if machine.clock is not None:
            machine.ticks = machine.clock.read(round(self.now_s * 1000)) // TICK_MS
        self._tick(machine, machine.lives)

    def _tick(self, machine: _Machine, life: int) -> None:
        if machine.replica is not None and machine.lives == life:
            self._act(machine, machine.replica.tick)
            self.at(self._until_tick(machine), lambda: self._tick(machine, life))

    def _until_tick(self, machine: _Machine) -> float:
        machine.ticks += 1
        if machine.clock is None:
            return machine.tick_s
        return max(0.0, machine.clock.when(machine.ticks * TICK_MS) / 1000 - self.now_s)

    def _act(self, machine: _Machine, handler: Callable[[], Outputs]) -> None:
        """Let a server act; it may die of it, or find out that the protocol is broken."""
        replica = machine.replica
        assert replica is not None
        try:
            outputs = handler()
            for output in outputs:
                self._carry_out(machine, output)
            if outputs or handler != replica.tick:  # a tick that leads to nothing changes no log
                self._look(machine, replica)
        except _Died:
            self._kill(machine, self.now_s + self.faults.downtime_s)
        except SafetyViolation as violation:
            self._violation = str(violation)

    def _look(self, machine: _Machine, replica: AnyReplica[Any, Any]) -> None:
        status = replica.status()
        self._terms = max(self._terms, status.term)
        self._committed = max(self._committed, status.commit)
        if self._audit is not None:
            self._audit(replica, machine.lives)

    def _carry_out(self, machine: _Machine, output: Persist[Any] | Send[Any]) -> None:
        if isinstance(output, Persist):
            self._save(machine, output.record)
        elif isinstance(output.message, (Completed, Redirected)):
            if isinstance(output.message, Completed):
                self._judge_answer(machine, output.dst, output.message)
            self._send(machine.name, output.dst, partial(self._hear, output.dst, output.message))
        else:
            to = self._machines[output.dst]
            self._send(machine.name, output.dst, partial(self._deliver, to, output.message))

    def _judge_answer(self, machine: _Machine, client: str, message: Completed) -> None:
        """Note an answer from an earlier state than the client may see."""
        assert machine.replica is not None
        applied, owed = machine.replica.status().applied, self._owed[client, message.sequence]
        if applied < owed and self._stale is None:
            self._stale = (
                f"{machine.name} answers {client} after {applied} entries; "
                f"{owed} were committed when it asked."
            )

    def _save(self, machine: _Machine, record: Any) -> None:
        """Write to disk; sometimes the server dies of it: just before, or just after."""
        dies = self.dies_at_write(self.random)
        if dies and self.random.random() < 0.5:
            raise _Died
        machine.disk = machine.disk.after(record)
        if dies:
            raise _Died

    def _kill(self, machine: _Machine, back_s: float) -> None:
        if machine.replica is not None:
            machine.replica = None
            self._crashes += 1
            self.at(max(0.0, back_s - self.now_s), lambda: self._boot(machine))

    def _gap_s(self) -> float:
        """How long it takes from one isolation of a leader to the next."""
        return self.faults.active_s / self._isolations

    def _isolate(self) -> None:
        """Cut the leader off, if there is one."""
        live = (machine.replica for machine in self._machines.values() if machine.replica)
        statuses = [(replica.name, replica.status()) for replica in live]
        leaders = [(status.term, name) for name, status in statuses if status.leader == name]
        if leaders:
            self.cut_off({max(leaders)[1]}, self._gap_s() * 0.6)

    def _administer(self) -> None:
        """Ask something of one of the live servers, and later again."""
        assert self._administrator is not None
        if not self.active():
            return
        live = [machine for machine in self._machines.values() if machine.replica is not None]
        if live:
            machine = self.random.choice(live)
            self._ask(machine, self._administrator)
        self.at(ADMINISTERED_EVERY_S, self._administer)

    def _ask(self, machine: _Machine, administrator: Administrator) -> None:
        def asked() -> Outputs:
            try:
                return administrator(machine.replica, self.random)
            except SafetyViolation:
                raise
            except ImplError:
                return ()

        self._act(machine, asked)

    # Messages.

    def _send(self, src: str, dst: str, arrive: Callable[[], None]) -> None:
        self.carry(lambda: None if self.loses(src, dst) else arrive(), 1 + self.doubles())

    def _submit(self, client: str, send: Send[Submission]) -> None:
        machine = self._machines[send.dst]
        self._owed.setdefault((client, send.message.sequence), self._committed)
        self._send(client, send.dst, partial(self._deliver, machine, send.message))

    def _deliver(self, machine: _Machine, message: Any) -> None:
        replica = machine.replica
        if replica is None:
            return
        handler = replica.submit if isinstance(message, Submission) else replica.receive
        self._act(machine, partial(cast(Any, handler), message))

    def _hear(self, client: str, message: Completed | Redirected) -> None:
        try:
            self._callers.hear(client, message)
        except SafetyViolation as violation:
            self._violation = str(violation)
