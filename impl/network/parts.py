"""Messages that do not fit into a frame, in parts: snapshots, and what somebody far behind lacks.

Rules:
- A frame has at most one message, or one part of a longer one. The network loses, repeats and
  reorders parts as it does messages: a message of which a part is lost is lost.
- A receiver gathers one message of a sender at a time: the latest, by the number that its parts
  have. So nothing piles up.
- Only members send parts, and no message is longer than `MOST_BYTES`: no peer can exhaust a node.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from msgspec import Struct

from quorate.impl.envelope import Envelope
from quorate.impl.errors import WireError

from .codec import MAX_FRAME_BYTES, Codec, frame

#: How much of a message a part has: as base64 it is a third longer, and fits into a frame.
PART_BYTES: Final = MAX_FRAME_BYTES // 4
MOST_BYTES: Final = 1 << 30


class Piece(Struct, frozen=True, tag="piece"):
    """One of the `parts` pieces that a message of this number was cut into."""

    number: int
    index: int
    parts: int
    data: bytes


class Splitter:
    """Turns the messages of a sender into frames."""

    part_bytes = PART_BYTES

    def __init__(self, codec: Codec[Any]) -> None:
        self._codec, self._number = codec, 0

    def frames(self, envelope: Envelope[Any]) -> list[bytes]:
        """One frame, or as many as a long message needs. Raises WireError."""
        payload = self._codec.encode(envelope)
        size = self.part_bytes
        if len(payload) <= size:
            return [frame(payload)]
        if len(payload) > MOST_BYTES:
            raise WireError(f"A message of {len(payload)} bytes is above {MOST_BYTES}.")
        self._number += 1
        pieces = [payload[at : at + size] for at in range(0, len(payload), size)]
        parts = [Piece(self._number, k, len(pieces), data) for k, data in enumerate(pieces)]
        return [frame(self._codec.encode(Envelope(envelope.src, envelope.dst, p))) for p in parts]


class Gatherer:
    """Puts the messages of a connection together again."""

    def __init__(self, codec: Codec[Any], senders: Collection[str]) -> None:
        """`senders` may send parts."""
        self._codec, self._senders = codec, frozenset(senders)
        self._latest: dict[str, tuple[int, dict[int, bytes]]] = {}

    def take(self, payload: bytes) -> Envelope[Any] | None:
        """The message that a frame has or completes. Raises WireError for anything else."""
        envelope = self._codec.decode(payload)
        part = envelope.body
        if not isinstance(part, Piece):
            return envelope
        self._check(envelope.src, part)
        number, pieces = self._latest.get(envelope.src, (-1, {}))
        if part.number < number:
            return None
        if part.number > number:
            number, pieces = part.number, {}
        pieces[part.index] = part.data
        self._latest[envelope.src] = number, pieces
        if len(pieces) < part.parts:
            return None
        self._latest[envelope.src] = number + 1, {}
        return self._whole(b"".join(pieces[k] for k in range(part.parts)))

    def _whole(self, payload: bytes) -> Envelope[Any]:
        envelope = self._codec.decode(payload)
        if isinstance(envelope.body, Piece):
            raise WireError("A part was cut into parts.")
        return envelope

    def _check(self, sender: str, part: Piece) -> None:
        if sender not in self._senders:
            raise WireError(f"{sender!r} is no member and may not send parts of messages.")
        if not 0 <= part.index < part.parts or part.parts * len(part.data) > MOST_BYTES:
            raise WireError(f"A part says {part.index} of {part.parts}.")
