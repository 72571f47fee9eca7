"""What the roles say to each other, and the ballots that order it.

Rules:
- A message is a frozen value. Losing, duplicating or delaying it cannot change it.
- A ballot belongs to exactly one proposer: it carries its owner's name, so that
  two proposers never share one (Lamport, *Paxos Made Simple*, 2001, §2.5:
  "different proposers choose their numbers from disjoint sets of numbers").
- A message names its sender where a role counts senders. Envelopes carry
  addresses for the network only; no role ever looks at one.
- A message has a tag: the name of its type on the wire.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from quorate.impl.envelope import Value


class Ballot(Struct, frozen=True, cache_hash=True, order=True):
    """A proposal number, ordered by round, then by its owner's name (§2.5)."""

    round: int
    proposer: str

    def __str__(self) -> str:
        return f"{self.round}.{self.proposer}"


class Vote(Struct, frozen=True, cache_hash=True):
    """A value that an acceptor accepted, and the ballot it did so in."""

    ballot: Ballot
    value: Value


class Prepare(Struct, frozen=True, cache_hash=True, tag="prepare"):
    """Phase 1a: promise me not to vote below this ballot (§2.2, phase 1(a))."""

    ballot: Ballot


class Promise(Struct, frozen=True, cache_hash=True, tag="promise"):
    """Phase 1b: promised, and this is my latest vote (§2.2, phase 1(b))."""

    ballot: Ballot
    acceptor: str
    accepted: Vote | None


class Accept(Struct, frozen=True, cache_hash=True, tag="accept"):
    """Phase 2a: vote for this value in this ballot (§2.2, phase 2(a))."""

    ballot: Ballot
    value: Value


class Accepted(Struct, frozen=True, cache_hash=True, tag="accepted"):
    """Phase 2b: I voted for this value in this ballot (§2.2, phase 2(b); §2.3)."""

    ballot: Ballot
    acceptor: str
    value: Value


class Nack(Struct, frozen=True, tag="nack"):
    """This ballot is too low; a higher one is promised. (An optimisation, §2.2.)"""

    ballot: Ballot
    acceptor: str
    promised: Ballot


class Ask(Struct, frozen=True, tag="ask"):
    """Has anybody learned a value? Sent by a learner that hears nothing (§2.3)."""

    learner: str


class Learned(Struct, frozen=True, tag="learned"):
    """This value is chosen: from one learner to another, or to a client (§2.3)."""

    value: Value


class Request(Struct, frozen=True, tag="request"):
    """A client asks a proposer to get a value chosen."""

    value: Value


Message: TypeAlias = Prepare | Promise | Accept | Accepted | Nack | Ask | Learned | Request
