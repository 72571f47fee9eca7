"""What the roles of Paxos ask their host to do besides what every role does.

`SetTimer` replaces a running timer of the same name.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from msgspec import Struct

from quorate.impl.envelope import Value
from quorate.impl.outputs import Persist, Send

from .messages import Message
from .records import Record


class Role(Enum):
    """Whom a broadcast is meant for."""

    ACCEPTORS = "acceptors"
    LEARNERS = "learners"


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
