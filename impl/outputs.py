"""What every role asks its host to do. A handler returns a tuple of these and does nothing itself.

Rules:
- The host carries outputs out in order. A `Persist` stands before every send that
  depends on it, so a crash between the two loses a message, never a promise.
- A host that cannot carry out a `Persist` must stop: the role has already moved on.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import Struct

RecordT = TypeVar("RecordT", covariant=True)
MessageT = TypeVar("MessageT", covariant=True)


class Persist(Struct, Generic[RecordT], frozen=True):
    """Make this record durable before going on."""

    record: RecordT


class Send(Struct, Generic[MessageT], frozen=True):
    """Send to one node, by name."""

    dst: str
    message: MessageT
