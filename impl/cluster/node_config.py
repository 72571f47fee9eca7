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
from quorate.impl.raft.system import RAFT
from quorate.impl.replicated.patience import Patience

from .systems import SYSTEMS, VARIANTS

STORE_FILE: Final = "node.sqlite"
JOURNAL_FILE: Final = "journal.jsonl"
PAXOS: Final = "paxos"
#: With Raft's patience of 10 to 20 ticks a leader is missed after 0.3 to 0.6 s.
TICK_S: Final = 0.03
#: By how much less than others wait a lease lasts, unless somebody says so.
LEASE_MARGIN_S: Final = 0.06


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
    lease_margin_s: float | None = None  # Raft reads by leases, which allow for so much drift


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
    try:
        check_leases(config.protocol, config.lease_margin_s, config.tick_s)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return config


def check_leases(protocol: str, margin_s: float | None, tick_s: float) -> None:
    """Refuse leases where there are none, and those that would never last. Raises ConfigError."""
    if margin_s is None:
        return
    if protocol != RAFT.name:
        raise ConfigError(f"Leases are for {RAFT.name}: they do not go with {protocol}.")
    most_s = (Patience.shortest - 2) * tick_s  # one tick for the lease, one for reading the clock
    if not 0 < margin_s <= most_s:
        raise ConfigError(
            f"Found a margin of {1000 * margin_s:g} ms for leases, "
            f"expected above 0 and at most {1000 * most_s:g} ms, or none would last."
        )


def _variants(protocol: str) -> Collection[str]:
    return COMPOSITIONS if protocol == PAXOS else VARIANTS[protocol]
