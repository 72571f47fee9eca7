"""A deterministic world: virtual time, a bad network, crashing nodes, one seed.

Rules:
- All chance comes from the seed. The same arguments give the same report, event by event.
- A crash loses the roles and keeps the store. A message already under way stays so.
- Agreement is checked at every commit, across all nodes and all their lives; a run
  stops at the first violation, so that its log ends with it.
- When the faults have ceased, clients still repeat their requests: a run that ends
  without a decision is a finding, and `Report.decided` is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final, TypeAlias

from quorate.impl.durable.journal import Journal, nothing
from quorate.impl.envelope import Envelope, Value
from quorate.impl.errors import ConfigError, SafetyViolation
from quorate.impl.simulation.faults import Faults
from quorate.impl.simulation.world import World

from .composition import HEALTHY, Composition
from .messages import Message, Request
from .node import Node
from .records import Record
from .report import Report, SimulationEvent
from .storage import MemoryStore

CLIENT_RETRY_S: Final = 1.0
FLUSH_S: Final = 0.1
TIME_LIMIT_S: Final = 300.0


Watcher: TypeAlias = Callable[[SimulationEvent, Node | None], None]


def simulate(
    nodes: int = 5,
    seed: int = 0,
    faults: Faults | None = None,
    proposals: Mapping[str, Value] | None = None,
    composition: Composition = HEALTHY,
    watch: Watcher | None = None,
    journal: Journal = nothing,
) -> Report:
    """Run one cluster in a simulated world until every node has learned the value.

    `proposals` maps node names (`n0`, `n1`, …) to the values their clients want; without
    it the first three nodes want one each. `watch` sees every event, with the live node;
    `journal` takes the lines of all nodes' journals, and one where a node is killed.
    """
    if nodes < 1:
        raise ConfigError(f"A cluster needs at least one node, not {nodes}.")
    names = tuple(f"n{index}" for index in range(nodes))
    wanted = {name: f"v-{name}" for name in names[:3]} if proposals is None else dict(proposals)
    strangers = sorted(set(wanted) - set(names))
    if strangers:
        raise ConfigError(f"There is no node {strangers[0]}; there are {', '.join(names)}.")
    world = _World(names, seed, Faults() if faults is None else faults, composition, watch, journal)
    return world.run(wanted)


class _Died(Exception):
    """A node dies in the middle of a handler."""


class _Disk(MemoryStore):
    """A store whose node sometimes dies at a write: just before it, or just after."""

    def __init__(self, random: Random, dies: Callable[[], bool], *, synchronous: bool) -> None:
        super().__init__(synchronous=synchronous)
        self._random = random
        self._dies = dies

    def save(self, key: str, record: Record) -> None:
        dies = self._dies()
        if dies and self._random.random() < 0.5:
            raise _Died
        super().save(key, record)
        if dies:
            raise _Died


@dataclass
class _Machine:
    """One node's place in the world: it stays when the node dies."""

    world: _World
    name: str
    disk: _Disk
    clock_rate: float
    node: Node | None = None
    lives: int = 0
    timers: dict[str, int] = field(default_factory=dict)

    def send(self, envelope: Envelope[Message]) -> None:
        self.world.post(envelope)

    def set_timer(self, name: str, delay_s: float) -> None:
        ticket = self.timers[name] = self.timers.get(name, 0) + 1
        life = self.lives
        self.world.at(delay_s / self.clock_rate, lambda: self._ring(name, ticket, life))

    def committed(self, value: Value) -> None:
        self.world.on_commit(self.name, value)

    def _ring(self, name: str, ticket: int, life: int) -> None:
        """A timer that was replaced, or whose node died since, no longer rings."""
        node = self.node
        if node is not None and self.lives == life and self.timers.get(name) == ticket:
            self.world.note(self.name, "timer", name)
            self.world.guarded(self, lambda: node.timeout(name))


class _World(World):
    def __init__(
        self,
        names: tuple[str, ...],
        seed: int,
        faults: Faults,
        composition: Composition,
        watch: Watcher | None,
        journal: Journal,
    ) -> None:
        super().__init__(seed, names, faults)
        self._composition, self._watch, self._journal = composition, watch, journal
        self._log: list[SimulationEvent] = []
        self._counts = dict.fromkeys(
            ("sent", "delivered", "dropped", "duplicated", "crashes", "restarts", "steps"), 0
        )
        self._committed: dict[str, Value] = {}
        self._violation: str | None = None
        torn = Random(f"{seed}/torn")
        rates = dict(self.schedule.clock_rates)
        self._machines = {
            name: _Machine(self, name, self._disk(torn), rates[name]) for name in names
        }

    def run(self, wanted: Mapping[str, Value]) -> Report:
        for machine in self._machines.values():
            self._boot(machine)
        for crash in self.schedule.crashes:
            machine = self._machines[crash.node]
            self.at(crash.at_s, partial(self._kill, machine, crash.back_s))
        for name, value in sorted(wanted.items()):
            self.at(self.random.uniform(0, 0.1), partial(self._ask, name, value))
        if self.faults.unsynced:
            self.at(FLUSH_S, self._flush)
        while not self._finished() and self.step():
            self._counts["steps"] += 1
        return self._report()

    def post(self, envelope: Envelope[Message]) -> None:
        """Put a message on the network, which may lose it or double it."""
        if envelope.dst not in self._machines:
            return  # A reply to a client: clients watch `on_commit` instead.
        self._count("sent", envelope)
        copies = 1 + self.doubles()
        if copies > 1:
            self._count("duplicated", envelope)
        self.carry(lambda: self._arrive(envelope), copies)

    def guarded(self, machine: _Machine, action: Callable[[], None]) -> None:
        """Let a node act; it may die of it, or find out that the protocol is broken."""
        try:
            action()
        except _Died:
            self._kill(machine, self.now_s + self.faults.downtime_s)
        except SafetyViolation as violation:
            self._violate(machine.name, str(violation))

    def on_commit(self, name: str, value: Value) -> None:
        """A node tells its client a value: hold it against all that was ever told."""
        self.note(name, "commit", value)
        for other, earlier in self._committed.items():
            if earlier != value:
                self._violate(name, f"{other} committed {earlier!r}, {name} commits {value!r}.")
                break
        self._committed.setdefault(name, value)

    def note(self, name: str, kind: str, detail: str = "", message: Message | None = None) -> None:
        """Write one line of the log."""
        event = SimulationEvent(self.now_s, name, kind, detail, message)
        self._log.append(event)
        if self._watch is not None:
            self._watch(event, self._machines[name].node)

    def _finished(self) -> bool:
        if self._violation is not None or self.now_s > TIME_LIMIT_S:
            return True
        all_know = len(self._committed) == len(self.names) and not self.active()
        return all_know and all(machine.node for machine in self._machines.values())

    def _disk(self, torn: Random) -> _Disk:
        return _Disk(
            torn,
            lambda: self.dies_at_write(torn),
            synchronous=not self.faults.unsynced,
        )

    def _arrive(self, envelope: Envelope[Message]) -> None:
        machine = self._machines[envelope.dst]
        node = machine.node
        if node is None or self.loses(envelope.src, envelope.dst):
            self._count("dropped", envelope)
            return
        self._count("delivered", envelope)
        self.guarded(machine, lambda: node.deliver(envelope))

    def _count(self, kind: str, envelope: Envelope[Message]) -> None:
        self._counts[kind] += 1
        at = envelope.src if kind in ("sent", "duplicated") else envelope.dst
        self.note(at, kind, f"{envelope.src} → {envelope.dst}", envelope.body)

    def _ask(self, name: str, value: Value) -> None:
        """A client repeats its request until its node knows the value."""
        if name in self._committed:
            return
        machine = self._machines[name]
        node = machine.node
        if node is not None:
            request = Envelope[Message](f"client-{name}", name, Request(value))
            self.note(name, "request", value, request.body)
            self.guarded(machine, lambda: node.deliver(request))
        self.at(CLIENT_RETRY_S, lambda: self._ask(name, value))

    def _boot(self, machine: _Machine) -> None:
        machine.lives += 1
        machine.timers.clear()
        random = Random(f"{self.seed}/{machine.name}/{machine.lives}")
        node = Node(
            machine.name,
            self.names,
            machine.disk,
            machine,
            self._composition,
            random,
            self._journal,
        )
        machine.node = node
        self.guarded(machine, node.start)

    def _kill(self, machine: _Machine, back_s: float) -> None:
        if machine.node is None:
            return
        machine.node = None
        machine.disk.crash()
        self._counts["crashes"] += 1
        self.note(machine.name, "crash")
        self._journal({"node": machine.name, "event": "killed"})
        self.at(max(0.0, back_s - self.now_s), lambda: self._revive(machine))

    def _revive(self, machine: _Machine) -> None:
        self._counts["restarts"] += 1
        self.note(machine.name, "restart")
        self._boot(machine)

    def _flush(self) -> None:
        for machine in self._machines.values():
            machine.disk.sync()
        self.at(FLUSH_S, self._flush)

    def _violate(self, name: str, what: str) -> None:
        if self._violation is None:
            self._violation = what
            self.note(name, "violation", what)

    def _report(self) -> Report:
        values = sorted(set(self._committed.values()))
        return Report(
            seed=self.seed,
            decided=values[0] if len(values) == 1 and self._violation is None else None,
            violation=self._violation,
            committed=tuple(sorted(self._committed.items())),
            virtual_s=self.now_s,
            log=tuple(self._log),
            **self._counts,
        )
