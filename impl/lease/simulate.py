"""Leases in the simulated world (`simulation.world`), with a drifting clock for each node.

Rules:
- A tick is a millisecond. Nodes that crash keep their record and their clock.
- A node campaigns when its own clock shows that its promise is about to end: a request takes time.
  It repeats its request often until it has a lease, and then three times while one lasts. It gives
  up once it has lost it, or has not got one in a third of that time.
- Clients read from whoever takes itself for a leader. A read that misses a write which a majority
  had granted when it was answered is stale, and ends the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final

from quorate.impl.errors import ConfigError, ProtocolRefusal
from quorate.impl.outputs import Persist, Send
from quorate.impl.simulation.clocks import DriftingClock
from quorate.impl.simulation.faults import Faults
from quorate.impl.simulation.world import World

from .defects import HEALTHY, LeaseVariant
from .messages import Ask, Grant, LeaseMessage, LeaseOutputs, LeaseRecord, Term
from .node import LeaseNode, Wait
from .report import LeaseEvent, LeaseReport

TICKS_PER_S: Final = 1000
READ_GAP: Final = 4
REPEAT_GAP: Final = 5

FAULTS: Final = Faults(
    loss=0.05,
    duplication=0.05,
    max_delay_s=0.01,
    crashes=2,
    downtime_s=0.1,
    partitions=6,
    partition_s=0.3,
    active_s=2.0,
)
MAX_DELAY: Final = round(FAULTS.max_delay_s * TICKS_PER_S)


def simulate_leases(
    seed: int = 0,
    nodes: int = 3,
    wait: Wait | None = None,
    drift: int = 10,
    variant: LeaseVariant = HEALTHY,
) -> LeaseReport:
    """Run one cluster for two seconds of virtual time, or up to the first stale read.

    No two clocks are more than `drift` ticks apart at any moment. Without a `wait` a lease lasts
    100 ticks, with a margin of 10. Raises ConfigError.
    """
    if nodes < 1:
        raise ConfigError(f"A cluster needs at least one node, not {nodes}.")
    wait = Wait(100, 10) if wait is None else wait
    return _World(seed, tuple(f"n{i}" for i in range(nodes)), wait, drift, variant).run()


@dataclass
class _Machine:
    """One node's place in the world: record and clock stay when the node dies."""

    name: str
    clock: DriftingClock
    random: Random
    record: LeaseRecord | None = None
    node: LeaseNode | None = None
    leading: Term | None = None
    began: int = 0
    tickets: int = 0
    lives: int = 0


class _World(World):
    def __init__(
        self, seed: int, names: tuple[str, ...], wait: Wait, drift: int, variant: LeaseVariant
    ) -> None:
        super().__init__(seed, names, FAULTS)
        self._wait, self._variant = wait, variant
        self._machines = {
            n: _Machine(n, DriftingClock(Random(f"{seed}/clock/{n}"), drift), Random(f"{seed}/{n}"))
            for n in names
        }
        self._reads = self._crashes = 0
        self._granted: dict[Term, set[str]] = {}
        self._newest: Term | None = None
        self._served: set[Term] = set()
        self._stale: str | None = None
        self._log: list[LeaseEvent] = []

    def run(self) -> LeaseReport:
        for machine in self._machines.values():
            self._boot(machine)
            self.at(self._until_read_s(), partial(self._read, machine))
        for crash in self.schedule.crashes:
            self.at(crash.at_s, partial(self._kill, self._machines[crash.node], crash.back_s))
        while self._stale is None and self.active():
            self.step()
        return LeaseReport(
            self.seed,
            self._stale,
            self._reads,
            len(self._served),
            self._crashes,
            tuple(self._log),
        )

    # ------------------------------------------------------------ time, the network

    @property
    def _now(self) -> int:
        return round(self.now_s * TICKS_PER_S)

    def _at_reading(self, machine: _Machine, reading: int, action: Callable[[], None]) -> None:
        """Schedule an action of one life of a node, by its own clock."""
        life = machine.lives

        def ring() -> None:
            if machine.node is not None and machine.lives == life:
                action()

        self.at(max(0.0, machine.clock.when(reading) / TICKS_PER_S - self.now_s), ring)

    def _post(self, src: str, dst: str, message: LeaseMessage) -> None:
        if src == dst:
            self.at(0, partial(self._take, self._machines[dst], message))
        else:
            self.carry(partial(self._arrive, src, dst, message), 1 + self.doubles())

    def _arrive(self, src: str, dst: str, message: LeaseMessage) -> None:
        if not self.loses(src, dst):
            self._take(self._machines[dst], message)

    def _take(self, machine: _Machine, message: LeaseMessage) -> None:
        node = machine.node
        if node is not None:
            outputs = node.receive(message, self._clock(machine))
            self._carry_out(machine, outputs)
            if isinstance(message, Ask) and outputs:
                self._await_silence(machine, node)

    def _carry_out(self, machine: _Machine, outputs: LeaseOutputs) -> None:
        for output in outputs:
            match output:
                case Persist(record):
                    machine.record = record
                case Send(dst, message):
                    if isinstance(message, Grant):
                        self._note_grant(machine, message)
                    self._post(machine.name, dst, message)

    def _note(self, machine: _Machine, what: str) -> None:
        self._log.append(LeaseEvent(self._now, machine.name, self._clock(machine), what))

    def _clock(self, machine: _Machine) -> int:
        return machine.clock.read(self._now)

    # ------------------------------------------------------------ what hosts do

    def _boot(self, machine: _Machine) -> None:
        machine.lives += 1
        machine.leading = None
        node = self._variant.node(machine.name, self.names, self._wait, machine.record)
        machine.node = node
        self._await_silence(machine, node)

    def _kill(self, machine: _Machine, back_s: float) -> None:
        if machine.node is None:
            return
        machine.node = None
        self._crashes += 1
        self._note(machine, "crashes")
        self.at(max(0.0, back_s - self.now_s), partial(self._revive, machine))

    def _revive(self, machine: _Machine) -> None:
        self._note(machine, "restarts")
        self._boot(machine)

    def _await_silence(self, machine: _Machine, node: LeaseNode) -> None:
        """Campaign when the promise is over and nobody has renewed it; a new wait replaces it."""
        machine.tickets += 1
        ticket = machine.tickets
        latest = self._wait.lease // 4
        patience = machine.random.choice((-MAX_DELAY, machine.random.randint(0, latest)))

        def ring() -> None:
            if machine.tickets == ticket and machine.leading is None:
                self._campaign(machine, node)

        reading = max(node.free_from(), self._clock(machine)) + patience
        self._at_reading(machine, reading, ring)

    def _campaign(self, machine: _Machine, node: LeaseNode) -> None:
        known = [*node.record.led] + ([node.record.term] if node.record.term else [])
        term = Term(max((t.round for t in known), default=0) + 1, machine.name)
        machine.leading, machine.began = term, self._clock(machine)
        self._note(machine, f"asks for term {term}")
        self._carry_out(machine, node.campaign(term, self._clock(machine)))
        self._renew_later(machine, node, term)

    def _renew_later(self, machine: _Machine, node: LeaseNode, term: Term) -> None:
        now = self._clock(machine)
        held = node.holds_lease(term, now)
        gap = max(1, self._wait.lease // 3) if held else machine.random.randint(1, REPEAT_GAP)
        self._at_reading(machine, now + gap, partial(self._renew, machine, node, term))

    def _renew(self, machine: _Machine, node: LeaseNode, term: Term) -> None:
        """Renew the lease, or give up: a candidate has a third of its length to get it."""
        now = self._clock(machine)
        new = now < machine.began + self._wait.lease // 3
        if node.leads(term) and (new or node.holds_lease(term, now)):
            self._carry_out(machine, node.renew(term, now))
            self._renew_later(machine, node, term)
        else:
            self._note(machine, f"gives up term {term}")
            machine.leading = None
            self._await_silence(machine, node)

    # ------------------------------------------------------------ reads, and what they should be

    def _note_grant(self, machine: _Machine, grant: Grant) -> None:
        """A write is committed once a majority has granted its term."""
        nodes = self._granted.setdefault(grant.term, set())
        if machine.name not in nodes:
            nodes.add(machine.name)
            self._note(machine, f"follows term {grant.term}")
        if 2 * len(nodes) > len(self.names) and (self._newest is None or self._newest < grant.term):
            self._newest = grant.term

    def _until_read_s(self) -> float:
        return self.random.randint(1, READ_GAP) / TICKS_PER_S

    def _read(self, machine: _Machine) -> None:
        """A client reads, and again a little later."""
        self.at(self._until_read_s(), partial(self._read, machine))
        if machine.node is None or machine.leading is None:
            return
        try:
            term = machine.node.read(machine.leading, self._clock(machine))
        except ProtocolRefusal:
            return
        self._reads += 1
        if self._newest is not None and term < self._newest:
            self._stale = f"a read in term {term} misses what was written in term {self._newest}"
            self._note(machine, f"answers a read in term {term}: stale")
        elif term not in self._served:
            self._note(machine, f"answers reads in term {term}")
        self._served.add(term)
