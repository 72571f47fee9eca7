"""What each role keeps on disk. Everything else is lost in a crash.

Rules:
- A proposer must never use a ballot twice, so it keeps the highest round used.
- An acceptor must keep its promise and its vote (*Paxos Made Simple*, §2.2:
  "an acceptor needs to remember only the highest-numbered proposal that it has
  ever accepted and the number of the highest-numbered prepare request to which
  it has responded. [It] must remember this information even if it fails and is
  then restarted").
- A learner keeps the value it has told its clients.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec import Struct

from quorate.impl.envelope import Value

from .messages import Ballot, Vote


class ProposerRecord(Struct, frozen=True):
    """The highest round this proposer has ever used."""

    round: int = 0


class AcceptorRecord(Struct, frozen=True, cache_hash=True):
    """The highest ballot promised and the latest vote cast."""

    promised: Ballot | None = None
    accepted: Vote | None = None


class LearnerRecord(Struct, frozen=True):
    """The value that was learned, if any."""

    committed: Value | None = None


Record: TypeAlias = ProposerRecord | AcceptorRecord | LearnerRecord

#: The storage key of each role, and the type of record kept under it.
RECORD_TYPES: Final = MappingProxyType[str, type[ProposerRecord | AcceptorRecord | LearnerRecord]](
    {"proposer": ProposerRecord, "acceptor": AcceptorRecord, "learner": LearnerRecord}
)


_KEYS: Final = MappingProxyType({kind: key for key, kind in RECORD_TYPES.items()})


def key_of(record: Record) -> str:
    """The storage key under which a node keeps this record."""
    return _KEYS[type(record)]
