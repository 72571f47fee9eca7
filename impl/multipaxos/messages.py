"""What replicas say to each other, and the decrees that they decide on, slot by slot.

Rules:
- A message is a frozen value. It names its sender where a role counts or answers senders.
- Slots are numbered from 0. A number of slots is also the slot after them: "the first 3 are
  chosen" and "3 is the first that may not be" say the same.
- `chosen` tells followers what a leader has learned: with the next decree, or when it is idle with
  a heartbeat. So a decision costs one round trip, and 2(n - 1) messages, in the steady state.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from msgspec import Struct

from quorate.impl.paxos.messages import Ballot
from quorate.impl.store import StoreSnapshot, Submission


class Commands(Struct, frozen=True, tag="commands"):
    """Commands of clients, to be applied in this order. An empty one is a no-op."""

    submissions: tuple[Submission, ...] = ()


class Reconfiguration(Struct, frozen=True, tag="reconfiguration"):
    """These are the acceptors, from some slots on (see `configurations`)."""

    members: tuple[str, ...]


Decree: TypeAlias = Commands | Reconfiguration

NO_OP: Final = Commands()


class Vote(Struct, frozen=True):
    """A decree that an acceptor accepted in a slot, and the ballot it did so in."""

    ballot: Ballot
    decree: Decree


class Membership(Struct, frozen=True):
    """Who the acceptors are, from a slot on."""

    first: int
    members: tuple[str, ...]


class Snapshot(Struct, frozen=True):
    """What the first `slots` slots have led to: the store, and the memberships from there on."""

    slots: int
    store: StoreSnapshot
    memberships: tuple[Membership, ...]


class Prepare(Struct, frozen=True, tag="prepare"):
    """Phase 1a, for all slots from `first` on: promise me not to vote below this ballot (§3)."""

    ballot: Ballot
    first: int


class Promise(Struct, frozen=True, tag="promise"):
    """Phase 1b: promised, and these are my latest votes in the slots asked for (§3).

    The first `trimmed` slots are chosen; my votes in them have given way to a snapshot.
    """

    ballot: Ballot
    acceptor: str
    votes: tuple[tuple[int, Vote], ...]
    trimmed: int


class Accept(Struct, frozen=True, tag="accept"):
    """Phase 2a: vote for this decree in this slot. The first `chosen` slots are."""

    ballot: Ballot
    slot: int
    decree: Decree
    chosen: int


class Accepted(Struct, frozen=True, tag="accepted"):
    """Phase 2b, to the leader: I voted in this slot, for the one decree of this ballot."""

    ballot: Ballot
    acceptor: str
    slot: int


class Nack(Struct, frozen=True, tag="nack"):
    """This ballot is too low; a higher one is promised."""

    ballot: Ballot
    acceptor: str
    promised: Ballot


class Heartbeat(Struct, frozen=True, tag="heartbeat"):
    """The leader of this ballot is alive, and has nothing new. The first `chosen` slots are."""

    ballot: Ballot
    chosen: int


class CatchUp(Struct, frozen=True, tag="catch-up"):
    """What was chosen in slot `first`, and after it?

    Of your snapshot of `slots` slots I hold the first `held` bytes.
    """

    replica: str
    first: int
    slots: int = 0
    held: int = 0


class Decided(Struct, frozen=True, tag="decided"):
    """These decrees were chosen, one a slot, from `first` on."""

    first: int
    decrees: tuple[Decree, ...]


class InstallSnapshot(Struct, frozen=True, tag="install-snapshot"):
    """What you ask for is no longer kept as decrees: go on from my snapshot of `slots` slots.

    This is the part of it from `offset` on; with `done` the last one. `CatchUp` asks for the next.
    """

    replica: str
    slots: int
    offset: int
    data: bytes
    done: bool


MultiPaxosMessage: TypeAlias = (
    Prepare | Promise | Accept | Accepted | Nack | Heartbeat | CatchUp | Decided | InstallSnapshot
)
