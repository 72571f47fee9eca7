"""Which faults a cluster suffers: how often, and in one run when, drawn from the run's seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from random import Random

from quorate._spelling import instead
from quorate.checker.errors import InputError

FAULTS_S = 4.0
"""How long the faults of a run last at most, from the moment that all nodes listen, unless a system
needs longer.
"""
LATE_S = 2.5
"""For so long before that no kill and no partition begins."""
LASTING_S = (0.2, 1.5)
"""How long partitions last, from and to, unless a system needs others."""
DELAYS_S = (0.05, 0.5)
"""How much longer each sync of a slow disk takes, from and to."""
AIMED = 0.5
"""The chance of each to strike the leader, where one is known."""
ONE_WAY = 0.3
"""The chance of each partition that only those cut off are not heard."""
PARTIAL = 0.2
"""The chance of each that they reach all others but one."""
MOST_DELAY_S = 0.3
MOST_DOWNTIME_S = 0.3
MOST_PASSAGE = 6
"""A node dies at this passage of a point, or an earlier one."""
MOST_A_RUN = 20.0

NETWORK = ("loss", "duplicate", "delay", "reorder", "cut")
CHANCES = (*NETWORK, "point", "clock")


@dataclass(frozen=True)
class Rates:
    """How often faults happen. Raises InputError for what is no rate.

    `loss`, `duplicate`, `delay`, `reorder` and `cut` are chances of each message from 0 to 1, on
    average; `cut` that its connection breaks in the middle of it. `point` is the chance of each
    process that is started to die at one of the points that it knows. `partition`, `kill`, `pause`
    and `slow` (a disk that is, for a while) are how many there are in a run, on average. `clock` is
    the chance of each partition that meanwhile the clocks of those cut off fall behind the others'.
    """

    loss: float = 0.2
    duplicate: float = 0.2
    delay: float = 0.4
    reorder: float = 0.2
    cut: float = 0.02
    partition: float = 1.5
    kill: float = 1.0
    point: float = 0.3
    pause: float = 0.5
    slow: float = 0.5
    clock: float = 0.5

    def __post_init__(self) -> None:
        for name, rate in self.items():
            most = 1.0 if name in CHANCES else MOST_A_RUN
            if isinstance(rate, bool) or not isinstance(rate, (int, float)):
                raise InputError(f"{name}: found {rate!r}, expected a number")
            if not (math.isfinite(rate) and 0 <= rate <= most):
                raise InputError(f"{name}: found {rate:g}, expected a number from 0 to {most:g}")

    def items(self) -> list[tuple[str, float]]:
        """The rates by name."""
        return [(f.name, getattr(self, f.name)) for f in fields(self)]

    def of_run(self, seed: int) -> Rates:
        """Those of one run: each fault of the network is more or less frequent than in others, up
        to twice as frequent, as some bugs need a bad network and some a good one (Groce et al.:
        Swarm Testing, 2012).
        """
        random = Random(f"{seed}/network")
        drawn = {name: getattr(self, name) * random.uniform(0, 2) for name in NETWORK}
        return replace(self, **{name: min(1.0, rate) for name, rate in drawn.items()})

    def changed(self, given: Mapping[str, float]) -> Rates:
        """These, and what is given instead. Raises InputError for an unknown fault."""
        known = [f.name for f in fields(self)]
        for name in given:
            if name not in known:
                raise InputError(f"no fault `{name}`; {instead(name, known, 'there are')}")
        return Rates(**{**dict(self.items()), **given})


Pair = tuple[str, str]
"""A sender and a receiver."""


@dataclass(frozen=True)
class Partition:
    """For a while, no message goes from one node of a pair to the other: the nodes of an island are
    cut off from the rest, or from one node of it. If it `drifts`, their clocks fall behind
    meanwhile.

    If it has a `target`, the leader takes the place of that node.
    """

    begin_s: float
    end_s: float
    pairs: frozenset[Pair]
    island: frozenset[str]
    target: str | None = None
    drifts: bool = False

    def aimed_at(self, leader: str | None) -> Partition:
        """The partition that strikes this leader, if it is to."""
        if leader is None or self.target is None:
            return self
        place = {leader: self.target, self.target: leader}
        pairs = frozenset((place.get(a, a), place.get(b, b)) for a, b in self.pairs)
        return replace(self, pairs=pairs, island=frozenset(place.get(a, a) for a in self.island))


@dataclass(frozen=True, kw_only=True)
class Strike:
    """Something happens to a node, or to the leader if `aimed`."""

    node: str
    aimed: bool

    def victim(self, leader: str | None) -> str:
        """Whom it happens to while this one leads."""
        return leader if self.aimed and leader is not None else self.node


@dataclass(frozen=True, kw_only=True)
class Kill(Strike):
    """A node is killed; whoever it is, it is started again."""

    at_s: float


@dataclass(frozen=True, kw_only=True)
class Spell(Strike):
    """For a while a node is paused; or each sync of its disk takes longer by `delay_s`."""

    begin_s: float
    end_s: float
    delay_s: float


@dataclass(frozen=True)
class Schedule:
    """The faults of one run that have a time."""

    partitions: tuple[Partition, ...]
    kills: tuple[Kill, ...]
    pauses: tuple[Spell, ...] = ()
    slow_disks: tuple[Spell, ...] = ()


def schedule(
    rates: Rates,
    nodes: Sequence[str],
    seed: int,
    lasting_s: tuple[float, float] = LASTING_S,
    end_s: float = FAULTS_S,
) -> Schedule:
    """Draw up the faults of a run; they end within `end_s`."""
    random, aims = Random(f"{seed}/schedule"), Random(f"{seed}/aims")
    clocks = Random(f"{seed}/clocks")
    cut = [
        replace(
            _partition(nodes, random, aims, lasting_s, end_s), drifts=clocks.random() < rates.clock
        )
        for _ in range(_number(rates.partition, random) if len(nodes) > 1 else 0)
    ]
    kills = [
        Kill(
            at_s=random.uniform(0, end_s - LATE_S),
            node=random.choice(nodes),
            aimed=aims.random() < AIMED,
        )
        for _ in range(_number(rates.kill, random))
    ]

    def spells(kind: str, rate: float) -> tuple[Spell, ...]:
        return _spells(nodes, Random(f"{seed}/{kind}"), rate, lasting_s, end_s)

    return Schedule(
        tuple(cut),
        tuple(sorted(kills, key=lambda k: k.at_s)),
        spells("pauses", rates.pause),
        spells("disks", rates.slow),
    )


def _number(mean: float, random: Random) -> int:
    return int(mean) + (random.random() < mean % 1)


def _spells(
    nodes: Sequence[str],
    random: Random,
    mean: float,
    lasting_s: tuple[float, float],
    last_s: float,
) -> tuple[Spell, ...]:
    begins_s = [random.uniform(0, last_s - LATE_S) for _ in range(_number(mean, random))]
    return tuple(
        Spell(
            node=random.choice(nodes),
            aimed=random.random() < AIMED,
            begin_s=begin_s,
            end_s=min(last_s, begin_s + random.uniform(*lasting_s)),
            delay_s=random.uniform(*DELAYS_S),
        )
        for begin_s in begins_s
    )


def _partition(
    nodes: Sequence[str],
    random: Random,
    aims: Random,
    lasting_s: tuple[float, float],
    last_s: float,
) -> Partition:
    begin_s = random.uniform(0, last_s - LATE_S)
    end_s = min(last_s, begin_s + random.uniform(*lasting_s))
    island = set(random.sample(list(nodes), random.randint(1, max(1, len(nodes) // 2))))
    rest = [node for node in nodes if node not in island]
    one_way, partial = random.random() < ONE_WAY, random.random() < PARTIAL
    if partial:
        rest = [random.choice(rest)]
    there = {(a, b) for a in island for b in rest}
    pairs = frozenset(there if one_way else there | {(b, a) for a, b in there})
    target = min(island) if aims.random() < AIMED else None
    return Partition(begin_s, end_s, pairs, frozenset(island), target)


@dataclass(frozen=True)
class Fate:
    """What becomes of one message. `overtaken`: those behind it do not wait for it."""

    lost: bool = False
    copies: int = 1
    delays_s: tuple[float, ...] = (0.0, 0.0)
    overtaken: bool = False
    cut: bool = False


class Fates:
    """The fates of the messages from one node to another, one after the other.

    The k-th message has the same fate in each run of the same seed: as many numbers are drawn for
    each.
    """

    def __init__(self, rates: Rates, seed: int, pair: Pair) -> None:
        self._rates = rates
        self._random = Random(f"{seed}/{pair[0]}>{pair[1]}")

    def next(self) -> Fate:
        """The fate of the next message."""
        rates = self._rates
        lost, double, late, behind, cut, first, second = (self._random.random() for _ in range(7))
        overtaken, delayed = behind < rates.reorder, late < rates.delay or behind < rates.reorder
        return Fate(
            lost < rates.loss,
            2 if double < rates.duplicate else 1,
            (first * MOST_DELAY_S if delayed else 0.0, second * MOST_DELAY_S),
            overtaken,
            cut < rates.cut,
        )


@dataclass(frozen=True)
class Life:
    """How long a node then stays down, and at which passage of which point it dies by itself."""

    downtime_s: float
    point: str | None
    passage: int


def life(rates: Rates, points: Sequence[str], seed: int, node: str, number: int) -> Life:
    """What is drawn for the life of a node; the first has number 1."""
    random = Random(f"{seed}/{node}/{number}")
    downtime_s, armed = random.uniform(0, MOST_DOWNTIME_S), random.random() < rates.point
    point = random.choice(points) if points and armed else None
    return Life(downtime_s, point, random.randint(1, MOST_PASSAGE))
