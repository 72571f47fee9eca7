"""What every simulated world has: virtual time, a bad network, and one seed.

Rules:
- All chance comes from the seed. The same arguments give the same run, event by event.
- Faults act until `faults.active_s`; then the world is kind, but for delays.
- Whether a message is lost is drawn when it would arrive.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from random import Random

from .faults import Faults, Partition, draw_schedule


class World:
    """A queue of actions in virtual time, and a network between names. Times are seconds."""

    def __init__(
        self, seed: int, names: Sequence[str], faults: Faults, clients: Sequence[str] = ()
    ) -> None:
        """Faults strike the names. Each partition has some of the clients on either side."""
        self.seed, self.names, self.faults = seed, tuple(names), faults
        self.random = Random(f"{seed}/network")
        self.schedule = draw_schedule(faults, self.names, Random(f"{seed}/schedule"))
        self._clients, self._sides = tuple(clients), Random(f"{seed}/sides")
        self._partitions = [self._with_clients(p) for p in self.schedule.partitions]
        self.now_s = 0.0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._tickets = 0

    def at(self, delay_s: float, action: Callable[[], None]) -> None:
        """Schedule an action; ties keep the order in which they were scheduled."""
        self._tickets += 1
        heapq.heappush(self._queue, (self.now_s + delay_s, self._tickets, action))

    def cut_off(self, island: Collection[str], for_s: float) -> None:
        """From now on, for a while, part some names and some of the clients from the rest."""
        partition = Partition(self.now_s, self.now_s + for_s, frozenset(island))
        self._partitions.append(self._with_clients(partition))

    def step(self) -> bool:
        """Take the next action; False if there is none."""
        if not self._queue:
            return False
        self.now_s, _, action = heapq.heappop(self._queue)
        action()
        return True

    def active(self) -> bool:
        """Whether faults still act."""
        return self.now_s < self.faults.active_s

    def doubles(self) -> bool:
        """Whether the network doubles a message that is sent now."""
        return self.active() and self.random.random() < self.faults.duplication

    def carry(self, arrive: Callable[[], None], copies: int = 1) -> None:
        """Put copies of a message on the network, each with a delay of its own."""
        for _ in range(copies):
            delay_s = self.random.uniform(self.faults.min_delay_s, self.faults.max_delay_s)
            self.at(delay_s, arrive)

    def loses(self, src: str, dst: str) -> bool:
        """Whether a message that would arrive now is lost, or cut off by a partition."""
        cut = any(p.separates(self.now_s, src, dst) for p in self._partitions)
        return cut or (self.active() and self.random.random() < self.faults.loss)

    def dies_at_write(self, random: Random) -> bool:
        """Whether a node dies at a write that it makes now."""
        return random.random() < (self.faults.torn_writes if self.active() else 0.0)

    def _with_clients(self, partition: Partition) -> Partition:
        drawn = (client for client in self._clients if self._sides.random() < 0.5)
        return replace(partition, island=partition.island.union(drawn))
