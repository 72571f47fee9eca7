"""Snapshots on their way, part by part (Ongaro and Ousterhout 2014, figure 13).

Whoever lacks a snapshot says how much of it it holds, and gets what follows: where a part was lost,
or a connection broke in the middle, nothing that has arrived is sent again. What has arrived is
volatile. The protocol names the snapshot, so that parts of two are never put together.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import ClassVar, Final, Generic, TypeVar

import msgspec

MOST_BYTES: Final = 1 << 20
#: Who is being asked for a snapshot waits with its next one until that would stand for so many
#: times as many entries: what arrives would be out of date each time.
MOST_WAITED: Final = 10

NameT = TypeVar("NameT", bound=Hashable)
SnapshotT = TypeVar("SnapshotT", bound=msgspec.Struct)


@dataclass
class Outgoing(Generic[SnapshotT]):
    """The latest snapshot of a server as bytes."""

    most_bytes: ClassVar[int] = MOST_BYTES

    _snapshot: SnapshotT | None = None
    _data: bytes = b""

    def part(self, snapshot: SnapshotT, offset: int) -> tuple[int, bytes, bool]:
        """What follows the first `offset` bytes: these, the part, and whether it is the last."""
        if self._snapshot is not snapshot:
            self._snapshot, self._data = snapshot, msgspec.json.encode(snapshot)
        end = offset + self.most_bytes
        return offset, self._data[offset:end], end >= len(self._data)


@dataclass
class Arriving(Generic[NameT, SnapshotT]):
    """What a server holds of a snapshot of another one. A first part begins another snapshot."""

    kind: type[SnapshotT]
    name: NameT | None = None
    """Of the snapshot that arrives, if one does."""
    held: int = 0
    """How many bytes of it have arrived."""
    _parts: list[bytes] = field(default_factory=list)

    def held_of(self, name: NameT) -> int:
        """How many bytes of the snapshot of this name have arrived."""
        return self.held if name == self.name else 0

    def take(self, name: NameT, offset: int, data: bytes, done: bool) -> SnapshotT | None:
        """The snapshot, if this was the part that it lacked, and the last."""
        if offset == 0 and name != self.name:
            self.name, self.held, self._parts = name, 0, []
        if name != self.name or offset != self.held:
            return None
        self._parts.append(data)
        self.held += len(data)
        if not done:
            return None
        whole = b"".join(self._parts)
        self.name, self.held, self._parts = None, 0, []
        return msgspec.json.decode(whole, type=self.kind)
