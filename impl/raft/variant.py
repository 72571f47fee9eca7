"""Which classes play Raft: the healthy ones, or one with a defect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .lease_clock import LeaseClock
from .replica import Replica
from .server import Server


@dataclass(frozen=True)
class RaftVariant:
    """The classes under a name; a reference says where a defect occurred."""

    name: str
    title: str
    reference: str
    server: type[Server] = Server
    replica: type[Replica] = Replica
    clock: type[LeaseClock] = LeaseClock


HEALTHY: Final = RaftVariant(
    "healthy", "Raft as published", "Ongaro, Ousterhout 2014, figure 2, §5.3, §5.4"
)
