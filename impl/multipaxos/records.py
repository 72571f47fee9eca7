"""What a replica keeps on disk. Everything else is lost in a crash.

Rules:
- A proposer must never use a ballot twice, so it keeps the highest round used.
- An acceptor keeps its promise, and its vote in each slot. A vote promises its ballot too, so that
  one record says both.
- A snapshot stands for all slots before it: votes in them are forgotten with the same write.
- What was chosen is not kept by itself. A quorum has voted for it; a leader's word, or the next
  phase 1, tells it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from quorate.impl.paxos.messages import Ballot
from quorate.impl.replicated.replica import ReplicaOutputs

from .messages import MultiPaxosMessage, Snapshot, Vote


class RoundRecord(Struct, frozen=True, tag="round"):
    """The highest round that the proposer has ever used."""

    round: int = 0


class PromiseRecord(Struct, frozen=True, tag="promise"):
    """The highest ballot that the acceptor has promised."""

    promised: Ballot | None


class VoteRecord(Struct, frozen=True, tag="vote"):
    """The acceptor's latest vote in a slot; its ballot is promised too."""

    slot: int
    vote: Vote


class SnapshotRecord(Struct, frozen=True, tag="snapshot"):
    """The learner's latest snapshot; votes in the slots before it are given up."""

    snapshot: Snapshot


MultiPaxosRecord: TypeAlias = RoundRecord | PromiseRecord | VoteRecord | SnapshotRecord
MultiPaxosOutputs: TypeAlias = ReplicaOutputs[MultiPaxosRecord, MultiPaxosMessage]


class MultiPaxosState(Struct, frozen=True):
    """All that a replica has on disk: its records, put together."""

    round: int = 0
    promised: Ballot | None = None
    votes: Mapping[int, Vote] = field(default_factory=dict)
    snapshot: Snapshot | None = None

    def after(self, record: MultiPaxosRecord) -> MultiPaxosState:
        """What is on disk once the record is."""
        match record:
            case RoundRecord(round_):
                return replace(self, round=round_)
            case PromiseRecord(promised):
                return replace(self, promised=promised)
            case VoteRecord(slot, vote):
                votes = {**self.votes, slot: vote}
                return replace(self, promised=vote.ballot, votes=votes)
            case SnapshotRecord(snapshot):
                kept = {s: vote for s, vote in self.votes.items() if s >= snapshot.slots}
                return replace(self, votes=kept, snapshot=snapshot)

    def records(self) -> tuple[MultiPaxosRecord, ...]:
        """The fewest records after which an empty disk holds this."""
        snapshot = () if self.snapshot is None else (SnapshotRecord(self.snapshot),)
        votes = (VoteRecord(slot, vote) for slot, vote in sorted(self.votes.items()))
        return (RoundRecord(self.round), *snapshot, *votes, PromiseRecord(self.promised))
