"""What the bundled systems have in common: nodes, how one is started, and their journals."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from quorate.checker.errors import InputError
from quorate.impl.cluster.node_config import JOURNAL_FILE, TICK_S, NodeConfig
from quorate.impl.durable.failpoints import POINTS

from .system import Place, System

LEAST_NODES, MOST_NODES = 3, 7
NODE_MODULE = "quorate.impl.cluster.node_process"


class BundledCluster(System):
    """Nodes of one protocol, healthy or with a seeded defect, that keep journals."""

    points = POINTS
    python_module = NODE_MODULE
    tick_s = TICK_S
    """Of a replica's clock."""
    lease_margin_s: float | None = None
    """Of leases, if reads are answered by them."""
    protocol: str

    def __init__(self, nodes: int, variant: str) -> None:
        """Raises InputError for a number of nodes that there is not."""
        self.nodes = node_names(nodes)
        self.variant = self.name = variant

    def command(self, place: Place) -> Sequence[str]:
        """A node, which ends with its standard input."""
        members = {n: place.listen if n == place.node else place.peers[n] for n in self.nodes}
        config = NodeConfig(
            place.node,
            members,
            str(place.folder),
            composition=self.variant,
            journal=True,
            protocol=self.protocol,
            tick_s=self.tick_s,
            lease_margin_s=self.lease_margin_s,
        )
        file = place.folder / "config.json"
        file.write_bytes(msgspec.json.encode(config))
        return (sys.executable, "-m", NODE_MODULE, "--config", str(file), "--until-eof")

    def logs(self, folders: Mapping[str, Path]) -> Sequence[Path]:
        """The nodes' journals."""
        return [folder / JOURNAL_FILE for folder in folders.values()]


def node_names(nodes: int) -> tuple[str, ...]:
    """The names of so many nodes. Raises InputError for a number that there is not."""
    if not LEAST_NODES <= nodes <= MOST_NODES:
        least = f"found {nodes}, expected {LEAST_NODES} to {MOST_NODES}"
        raise InputError(f"nodes: {least}: with fewer, no node may be down")
    return tuple(f"n{k}" for k in range(nodes))
