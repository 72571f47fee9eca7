"""The interface of systems: how a cluster's processes are started, used, and looked at.

It is all that is known of a system here. A system is stateless: what belongs to one run is in the
run's `RunWitness`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from quorate.checker.conform.framing import Framing, length_prefixed
from quorate.checker.conform.logs.line import LogMapping

from .faults import FAULTS_S, LASTING_S, Rates
from .proxy import Address
from .witness import RunWitness

METHODS = ("command", "work", "read", "witness", "logs", "mapping", "sizes")
"""What a class that is given by name must have."""


@dataclass(frozen=True)
class Place:
    """Where a node is: its name, where it listens, where it finds the others, and its folder."""

    node: str
    listen: Address
    peers: Mapping[str, Address]
    """Each other node by name. The addresses are those of the network with faults."""
    folder: Path
    """It exists, is the node's alone, and stays when the node is killed."""


@dataclass(frozen=True)
class Clients:
    """What clients have: the nodes' own addresses, which no fault disturbs, and chance."""

    addresses: Mapping[str, Address]
    random: Random
    witness: RunWitness
    """Is to be told what clients are told."""


class System(ABC):
    """A cluster of processes."""

    name: str = "the cluster"
    nodes: Sequence[str] = ("n0", "n1", "n2")
    framing: Framing = staticmethod(length_prefixed())
    points: Sequence[str] = ()
    """Points at which a process kills itself if `QUORATE_FAILPOINT=POINT:N` is in its environment,
    with SIGKILL, at its N-th passage."""

    rates: Rates = Rates()
    """How often faults happen, unless somebody says otherwise."""
    faults_s: float = FAULTS_S
    """How long the faults of a run last at most, from the moment that all nodes listen."""
    lasting_s: tuple[float, float] = LASTING_S
    """How long partitions last, in seconds: from, to."""
    at_once: int = 8
    """How many runs may go on at the same time: as many as nodes wait most of the time."""
    slow_clock: float = 0.9
    """How many times as fast as time a clock runs that falls behind."""
    hidden: int = 0
    """How many steps of the model the logs may leave out before each line."""
    python_module: str | None = None
    """Where nodes are a Python module: the one that `command` runs by `python -m`. They are forked
    from a process that has imported it, which saves most of the time that a start takes. It has a
    `main(arguments)` that returns an exit code."""

    @abstractmethod
    def command(self, place: Place) -> Sequence[str]:
        """The command that starts a node in the foreground, for the first time or again."""

    @abstractmethod
    async def work(self, clients: Clients) -> None:
        """Use the cluster under faults. They end with this, or after a while.

        It begins when all nodes listen. Nodes die, answer late or never: whatever clients do, they
        try again. Answers go to `clients.witness.told`.
        """

    @abstractmethod
    async def read(self, clients: Clients) -> None:
        """Ask again what was decided, when faults are over and nodes are up or on their way."""

    def slow_disk(self, delay_s: float) -> bytes | None:
        """What a node reads from its standard input to have each sync of its disk take so many
        seconds more from then on; None if it cannot, and no disk is slow.
        """
        return None

    def clock_rate(self, rate: float) -> bytes | None:
        """What a node reads from its standard input to have its clock run so many times as fast as
        time from then on; None if it cannot, and no clock drifts.
        """
        return None

    def witness(self) -> RunWitness:
        """A witness of a new run."""
        return RunWitness()

    def logs(self, folders: Mapping[str, Path]) -> Sequence[Path]:
        """The logs that nodes have left in their folders, to be held against the model."""
        return ()

    def mapping(self) -> LogMapping | None:
        """A new mapping that reads these logs; None if they are in terms of the model."""
        return None

    def sizes(self, lines: Iterable[Mapping[str, Any]]) -> Mapping[str, int]:
        """The sizes of the model for the logs of a run, given all of their lines."""
        return {}
