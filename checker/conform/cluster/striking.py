"""What strikes one run at set times: partitions, kills, pauses, slow disks, clocks that drift."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from .faults import Kill, Partition, Schedule, Spell, Strike
from .node import SupervisedNode
from .proxy import FaultyNetwork
from .system import System
from .witness import RunWitness

Act = Callable[[], object]


class Strikes:
    """The schedule of a run on its network and nodes. Who leads is what the witness has seen."""

    def __init__(
        self,
        drawn: Schedule,
        network: FaultyNetwork,
        nodes: Mapping[str, SupervisedNode],
        witness: RunWitness,
        system: System,
    ) -> None:
        """The system says what nodes are told."""
        self.pauses = self.slowed = self.drifted = 0
        """How many nodes were paused, or had a slow disk, while they ran; and how many partitions
        had clocks that fell behind.
        """
        self._drawn, self._network, self._nodes = drawn, network, nodes
        self._witness, self._system = witness, system
        self._struck: dict[Partition, Partition] = {}
        self._paused: dict[Spell, SupervisedNode] = {}
        self._slow: dict[Spell, SupervisedNode] = {}

    async def befall(self) -> None:
        """All of them in their time; then it waits until faults are over."""
        begin_s, drawn = asyncio.get_running_loop().time(), self._drawn
        times: list[tuple[float, Act]] = []
        times += [(p.begin_s, partial(self._part, p)) for p in drawn.partitions]
        times += [(p.end_s, partial(self._heal, p)) for p in drawn.partitions]
        times += [(k.at_s, partial(self._kill, k)) for k in drawn.kills]
        times += [(p.begin_s, partial(self._pause, p)) for p in drawn.pauses]
        times += [(p.end_s, partial(self._resume, p)) for p in drawn.pauses]
        times += [(s.begin_s, partial(self._slow_down, s)) for s in drawn.slow_disks]
        times += [(s.end_s, partial(self._speed_up, s)) for s in drawn.slow_disks]
        for at_s, act in sorted(times, key=lambda t: t[0]):
            await asyncio.sleep(max(0.0, begin_s + at_s - asyncio.get_running_loop().time()))
            act()
        await asyncio.sleep(
            max(0.0, begin_s + self._system.faults_s - asyncio.get_running_loop().time())
        )

    def end(self) -> None:
        """Let nodes go on that are paused, with disks and clocks as fast as they are."""
        for spell in tuple(self._paused):
            self._resume(spell)
        for spell in tuple(self._slow):
            self._speed_up(spell)
        for partition in tuple(self._struck):
            self._heal(partition)

    def started(self, node: str) -> None:
        """A node has started again: its clock is as wrong as before."""
        if self._is_slow(node):
            self._set_clock(node)

    def _part(self, partition: Partition) -> None:
        struck = self._struck[partition] = partition.aimed_at(self._witness.leader)
        self._network.part(struck)
        if struck.drifts:
            told = [self._set_clock(name) for name in sorted(struck.island)]
            self.drifted += any(told)

    def _heal(self, partition: Partition) -> None:
        struck = self._struck.pop(partition)
        self._network.heal(struck)
        if struck.drifts:
            for name in sorted(struck.island):
                self._set_clock(name)

    def _kill(self, kill: Kill) -> None:
        self._victim(kill).kill()

    def _pause(self, spell: Spell) -> None:
        node = self._victim(spell)
        if node.pause():
            self.pauses += 1
            self._paused[spell] = node

    def _resume(self, spell: Spell) -> None:
        node = self._paused.pop(spell, None)
        if node is not None:
            node.resume()

    def _slow_down(self, spell: Spell) -> None:
        node, line = self._victim(spell), self._system.slow_disk(spell.delay_s)
        if line is not None and node.tell(line):
            self.slowed += 1
            self._slow[spell] = node

    def _speed_up(self, spell: Spell) -> None:
        node, line = self._slow.pop(spell, None), self._system.slow_disk(0.0)
        if node is not None and line is not None:
            node.tell(line)

    def _set_clock(self, name: str) -> bool:
        """Have a node's clock run as fast as partitions let it; whether it was alive."""
        line = self._system.clock_rate(self._system.slow_clock if self._is_slow(name) else 1.0)
        return line is not None and self._nodes[name].tell(line)

    def _is_slow(self, name: str) -> bool:
        return any(p.drifts and name in p.island for p in self._struck.values())

    def _victim(self, strike: Strike) -> SupervisedNode:
        return self._nodes[strike.victim(self._witness.leader)]
