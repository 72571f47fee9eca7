"""Whose a data directory is: the protocol and the members that wrote it first.

Other members would mean other quorums, which need not meet the old ones: that is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from quorate.impl.errors import ConfigError, StorageError

MAX_NODES: Final = 25
_FILE: Final = "cluster.json"


class _Claim(msgspec.Struct, frozen=True):
    protocol: str
    members: tuple[str, ...]

    def __str__(self) -> str:
        return f"a cluster of {len(self.members)} nodes of {self.protocol}"


def check_size(nodes: int) -> None:
    """Refuse a number of nodes that no cluster has."""
    if not 1 <= nodes <= MAX_NODES:
        raise ConfigError(f"A cluster has 1 to {MAX_NODES} nodes, not {nodes}.")


def claim(data_dir: Path, protocol: str, members: Sequence[str]) -> None:
    """Bind a data directory to a protocol and its members, or find that it is bound to others."""
    manifest, wanted = data_dir / _FILE, _Claim(protocol, tuple(members))
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not manifest.exists():
            manifest.write_bytes(msgspec.json.encode(wanted))
        known = msgspec.json.decode(manifest.read_bytes(), type=_Claim)
    except OSError as error:
        raise StorageError(f"{data_dir} cannot be used: {error.strerror}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StorageError(f"{manifest} is damaged: {error}.") from None
    if known != wanted:
        raise ConfigError(f"{data_dir} belongs to {known}, not {wanted}.")
