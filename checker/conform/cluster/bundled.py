"""What the bundled systems have in common: how many nodes there are, and how one is started."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import msgspec

from quorate.checker.errors import InputError
from quorate.impl.node_config import TICK_S, NodeConfig

from .system import Place

LEAST_NODES, MOST_NODES = 3, 7
NODE_MODULE = "quorate.impl.node_process"


def node_names(nodes: int) -> tuple[str, ...]:
    """The names of so many nodes. Raises InputError for a number that there is not."""
    if not LEAST_NODES <= nodes <= MOST_NODES:
        least = f"found {nodes}, expected {LEAST_NODES} to {MOST_NODES}"
        raise InputError(f"nodes: {least}: with fewer, no node may be down")
    return tuple(f"n{k}" for k in range(nodes))


def node_command(
    place: Place,
    nodes: Sequence[str],
    protocol: str,
    variant: str,
    journal: bool = True,
    tick_s: float = TICK_S,
) -> Sequence[str]:
    """A node which ends with its standard input."""
    members = {n: place.listen if n == place.node else place.peers[n] for n in nodes}
    folder = str(place.folder)
    config = NodeConfig(
        place.node,
        members,
        folder,
        composition=variant,
        journal=journal,
        protocol=protocol,
        tick_s=tick_s,
    )
    file = place.folder / "config.json"
    file.write_bytes(msgspec.json.encode(config))
    return (sys.executable, "-m", NODE_MODULE, "--config", str(file), "--until-eof")
