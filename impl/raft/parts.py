"""Snapshots on their way, part by part (Ongaro and Ousterhout 2014, figure 13).

The follower says how much it holds, and the leader goes on there: where a part was lost, or a
connection broke in the middle, nothing that has arrived is sent again. What a follower holds of a
snapshot is volatile, and of one leader's term; with another it begins again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final

import msgspec

from .messages import InstallSnapshot, Snapshot, SnapshotHeld

MOST_BYTES: Final = 1 << 20


@dataclass
class Outgoing:
    """The latest snapshot of a leader as bytes, and how much of it each follower holds."""

    most_bytes: ClassVar[int] = MOST_BYTES

    _snapshot: Snapshot | None = None
    _data: bytes = b""
    _held: dict[str, int] = field(default_factory=dict)

    def part(self, snapshot: Snapshot, follower: str) -> tuple[int, bytes, bool]:
        """What the follower lacks next: where it begins, and whether it is the last."""
        if self._snapshot is not snapshot:
            self._snapshot, self._held = snapshot, {}
            self._data = msgspec.json.encode(snapshot)
        offset = self._held.get(follower, 0)
        end = offset + self.most_bytes
        return offset, self._data[offset:end], end >= len(self._data)

    def told(self, message: SnapshotHeld) -> bool:
        """How much a follower holds; whether that is news."""
        snapshot, follower = self._snapshot, message.follower
        if snapshot is None or message.length != snapshot.length:
            return False
        news = message.offset != self._held.get(follower, 0)
        self._held[follower] = message.offset
        return news


@dataclass
class Arriving:
    """What a follower holds of a leader's snapshot."""

    term: int = 0
    length: int = 0
    held: int = 0
    _parts: list[bytes] = field(default_factory=list)

    def take(self, message: InstallSnapshot) -> Snapshot | None:
        """The snapshot, if this is the part that it lacked."""
        if (self.term, self.length) != (message.term, message.length):
            self.term, self.length, self.held, self._parts = message.term, message.length, 0, []
        if message.offset != self.held:
            return None
        self._parts.append(message.data)
        self.held += len(message.data)
        if not message.done:
            return None
        whole = b"".join(self._parts)
        self.held, self._parts = 0, []
        return msgspec.json.decode(whole, type=Snapshot)
