"""What the roles say to each other, and the ballots that order it.

Rules:
- A message is a frozen value. Losing, duplicating or delaying it cannot change it.
- A ballot belongs to exactly one proposer: it carries its owner's name, so that
  two proposers never share one (Lamport, *Paxos Made Simple*, 2001, §2.5:
  "different proposers choose their numbers from disjoint sets of numbers").
- A message names its sender where a role counts senders. Envelopes carry
  addresses for the network only; no role ever looks at one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = str


@dataclass(frozen=True, order=True)
class Ballot:
    """A proposal number, ordered by round, then by its owner's name (§2.5)."""

    round: int
    proposer: str

    def __str__(self) -> str:
        return f"{self.round}.{self.proposer}"


@dataclass(frozen=True)
class Vote:
    """A value that an acceptor accepted, and the ballot it did so in."""

    ballot: Ballot
    value: Value


@dataclass(frozen=True)
class Prepare:
    """Phase 1a: promise me not to vote below this ballot (§2.2, phase 1(a))."""

    ballot: Ballot


@dataclass(frozen=True)
class Promise:
    """Phase 1b: promised, and this is my latest vote (§2.2, phase 1(b))."""

    ballot: Ballot
    acceptor: str
    accepted: Vote | None


@dataclass(frozen=True)
class Accept:
    """Phase 2a: vote for this value in this ballot (§2.2, phase 2(a))."""

    ballot: Ballot
    value: Value


@dataclass(frozen=True)
class Accepted:
    """Phase 2b: I voted for this value in this ballot (§2.2, phase 2(b); §2.3)."""

    ballot: Ballot
    acceptor: str
    value: Value


@dataclass(frozen=True)
class Nack:
    """This ballot is too low; a higher one is promised. (An optimisation, §2.2.)"""

    ballot: Ballot
    acceptor: str
    promised: Ballot


@dataclass(frozen=True)
class Ask:
    """Has anybody learned a value? Sent by a learner that hears nothing (§2.3)."""

    learner: str


@dataclass(frozen=True)
class Learned:
    """This value is chosen: from one learner to another, or to a client (§2.3)."""

    value: Value


@dataclass(frozen=True)
class Request:
    """A client asks a proposer to get a value chosen."""

    value: Value


Message: TypeAlias = Prepare | Promise | Accept | Accepted | Nack | Ask | Learned | Request


@dataclass(frozen=True)
class Envelope:
    """A message under way from one address to another."""

    src: str
    dst: str
    body: Message
