"""What a role asks its host to do. A handler returns a tuple of these and does nothing itself.

Rules:
- The host carries outputs out in order. A `Persist` stands before every send that
  depends on it, so a crash between the two loses a message, never a promise.
- A host that cannot carry out a `Persist` must stop: the role has already moved on.
- `SetTimer` replaces a running timer of the same name.
"""

from __future__ import annotations

from enum import Enum
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct

from .messages import Message, Value
from .records import Record

RecordT = TypeVar("RecordT", covariant=True)
MessageT = TypeVar("MessageT", covariant=True)


class Role(Enum):
    """Whom a broadcast is meant for."""

    ACCEPTORS = "acceptors"
    LEARNERS = "learners"


class Persist(Struct, Generic[RecordT], frozen=True):
    """Make this record durable before going on."""

    record: RecordT


class Send(Struct, Generic[MessageT], frozen=True):
    """Send to one node, by name."""

    dst: str
    message: MessageT


class Broadcast(Struct, frozen=True):
    """Send to every node that plays a role, the sender included."""

    role: Role
    message: Message


class SetTimer(Struct, frozen=True):
    """Call the role's `timeout(name)` after a delay on the host's clock."""

    name: str
    delay_s: float


class Commit(Struct, frozen=True):
    """Tell the application that this value is decided."""

    value: Value


Output: TypeAlias = Persist[Record] | Send[Message] | Broadcast | SetTimer | Commit
Outputs: TypeAlias = tuple[Output, ...]
