"""What strikes one run at set times: partitions, kills, pauses, and disks that are slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from .faults import FAULTS_S, Kill, Partition, Schedule, Spell
from .node import SupervisedNode
from .proxy import FaultyNetwork
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
        slow_disk: Callable[[float], bytes | None],
    ) -> None:
        """`slow_disk` says what a node is told to have a slower disk (`System.slow_disk`)."""
        self.pauses = self.slowed = 0
        """How many nodes were paused, or had a slow disk, while they ran."""
        self._drawn, self._network, self._nodes = drawn, network, nodes
        self._witness, self._slow_disk = witness, slow_disk
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
        await asyncio.sleep(max(0.0, begin_s + FAULTS_S - asyncio.get_running_loop().time()))

    def end(self) -> None:
        """Let nodes go on that are paused, with disks as fast as they are."""
        for spell in tuple(self._paused):
            self._resume(spell)
        for spell in tuple(self._slow):
            self._speed_up(spell)

    def _part(self, partition: Partition) -> None:
        self._struck[partition] = partition.aimed_at(self._witness.leader)
        self._network.part(self._struck[partition])

    def _heal(self, partition: Partition) -> None:
        self._network.heal(self._struck[partition])

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
        node, line = self._victim(spell), self._slow_disk(spell.delay_s)
        if line is not None and node.tell(line):
            self.slowed += 1
            self._slow[spell] = node

    def _speed_up(self, spell: Spell) -> None:
        node, line = self._slow.pop(spell, None), self._slow_disk(0.0)
        if node is not None and line is not None:
            node.tell(line)

    def _victim(self, strike: Kill | Spell) -> SupervisedNode:
        return self._nodes[strike.victim(self._witness.leader)]
