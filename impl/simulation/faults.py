"""Which faults a simulation injects, drawn up before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from quorate.impl.errors import ConfigError

_PROBABILITIES = ("loss", "duplication", "torn_writes")
_AMOUNTS = ("min_delay_s", "max_delay_s", "downtime_s", "partition_s", "active_s", "drift")
_COUNTS = ("crashes", "partitions")


@dataclass(frozen=True)
class Faults:
    """Rates and counts of faults. They act until `active_s`; then the world is kind.

    `max_delay_s` is the network's nature, not a fault, and stays: messages are reordered
    to the end. `drift` 0.5 lets a node's clock run up to 1.5 times too fast or too slow.
    `torn_writes` is the chance that a node dies at a persist: just before the record is
    durable, or just after, before the send that follows. `unsynced` lets a disk lose
    what it claimed to have written; Paxos does not survive that, which is what the
    option is for.
    """

    loss: float = 0.0
    duplication: float = 0.0
    min_delay_s: float = 0.001
    max_delay_s: float = 0.05
    crashes: int = 0
    downtime_s: float = 0.5
    torn_writes: float = 0.0
    partitions: int = 0
    partition_s: float = 1.0
    drift: float = 0.0
    unsynced: bool = False
    active_s: float = 5.0

    def __post_init__(self) -> None:
        for name in _PROBABILITIES:
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} is a probability, not {getattr(self, name)}.")
        for name in (*_AMOUNTS, *_COUNTS):
            if not getattr(self, name) >= 0:
                raise ConfigError(f"{name} cannot be {getattr(self, name)}.")
        if self.min_delay_s > self.max_delay_s:
            raise ConfigError("min_delay_s is above max_delay_s.")


#: A rough day: everything that Paxos must survive, at once.
HEAVY = Faults(
    loss=0.3,
    duplication=0.3,
    max_delay_s=0.4,
    crashes=6,
    torn_writes=0.03,
    partitions=3,
    drift=0.5,
)


@dataclass(frozen=True)
class Partition:
    """For a while, the network carries nothing between `island` and the rest."""

    begin_s: float
    end_s: float
    island: frozenset[str]

    def separates(self, now_s: float, one: str, other: str) -> bool:
        """Whether a message between the two is cut off now."""
        return self.begin_s <= now_s < self.end_s and (one in self.island) != (other in self.island)


@dataclass(frozen=True)
class Crash:
    """A node dies, and starts again later."""

    at_s: float
    node: str
    back_s: float


@dataclass(frozen=True)
class Schedule:
    """The faults of one run that are fixed in advance."""

    crashes: tuple[Crash, ...]
    partitions: tuple[Partition, ...]
    clock_rates: tuple[tuple[str, float], ...]


def draw_schedule(faults: Faults, nodes: Sequence[str], random: Random) -> Schedule:
    """Draw crashes, partitions and clock rates; all of them end by `active_s`."""
    return Schedule(
        crashes=tuple(_draw_crash(faults, nodes, random) for _ in range(faults.crashes)),
        partitions=tuple(_draw_partition(faults, nodes, random) for _ in range(faults.partitions)),
        clock_rates=tuple((node, _draw_rate(faults, random)) for node in nodes),
    )


def _draw_crash(faults: Faults, nodes: Sequence[str], random: Random) -> Crash:
    at_s = random.uniform(0, faults.active_s)
    back_s = min(faults.active_s, at_s + random.uniform(0, 2 * faults.downtime_s))
    return Crash(at_s, random.choice(nodes), back_s)


def _draw_partition(faults: Faults, nodes: Sequence[str], random: Random) -> Partition:
    begin_s = random.uniform(0, faults.active_s)
    end_s = min(faults.active_s, begin_s + random.uniform(0, 2 * faults.partition_s))
    island = random.sample(nodes, random.randint(1, max(1, len(nodes) // 2)))
    return Partition(begin_s, end_s, frozenset(island))


def _draw_rate(faults: Faults, random: Random) -> float:
    rate = 1 + random.uniform(0, faults.drift)
    return rate if random.random() < 0.5 else 1 / rate
