"""What one node as a process is told: a JSON file.

`protocol` is `paxos` or one that replicates the store; `composition` is the name of a defect of its
implementation. All but the first three may be left out:

    {"name": "n0", "members": {"n0": ["127.0.0.1", 7000]}, "data_dir": "data/n0"}
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

import msgspec

from quorate.impl.errors import ConfigError
from quorate.impl.paxos.defects import COMPOSITIONS

from .systems import SYSTEMS, VARIANTS

STORE_FILE: Final = "node.sqlite"
JOURNAL_FILE: Final = "journal.jsonl"
PAXOS: Final = "paxos"
#: With Raft's patience of 10 to 20 ticks a leader is missed after 0.3 to 0.6 s.
TICK_S: Final = 0.03


class NodeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node's name, the address of every member, its data directory, and what it runs."""

    name: str
    members: dict[str, tuple[str, int]]
    data_dir: str
    composition: str = "healthy"
    journal: bool = False  # whether to keep one, in the data directory
    protocol: str = PAXOS
    tick_s: float = TICK_S  # of a replica's clock
    batch: int | None = None  # how many messages and commands one sync of its disk serves at most


def read_config(path: Path) -> NodeConfig:
    """Read and check a configuration file."""
    try:
        config = msgspec.json.decode(path.read_bytes(), type=NodeConfig)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not a node configuration: {error}.") from None
    if config.name not in config.members:
        raise ConfigError(f"{path}: {config.name!r} is not among the members.")
    if config.protocol not in (PAXOS, *SYSTEMS):
        raise ConfigError(
            f"{path}: found the protocol {config.protocol!r}, "
            f"expected one of {', '.join((PAXOS, *SYSTEMS))}."
        )
    if config.composition not in _variants(config.protocol):
        raise ConfigError(f"{path}: there is no composition {config.composition!r}.")
    if config.batch is not None and config.batch < 1:
        raise ConfigError(f"{path}: a batch must be of at least 1, not {config.batch}.")
    if not config.tick_s > 0:
        raise ConfigError(f"{path}: a tick must be above zero seconds, not {config.tick_s}.")
    return config


def _variants(protocol: str) -> Collection[str]:
    return COMPOSITIONS if protocol == PAXOS else VARIANTS[protocol]
