"""What servers say to each other, and the entries of their logs.

Rules:
- A message is a frozen value of one term. Whoever receives a later term than its own follows it.
- A message names its sender, because servers count senders.
- A position in a log is the length of the prefix that ends there: 0 is before the first entry.
- What an RPC of the paper answers with false is a message of its own, with what the caller needs:
  `LogMismatch` and `Outdated`. A vote refused in the candidate's own term needs no answer.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from quorate.impl.store import Submission


class NoOp(Struct, frozen=True, tag="no-op"):
    """What a leader appends first: once it is committed, so is all before it (§8)."""


Payload: TypeAlias = Submission | NoOp


class LogEntry(Struct, frozen=True):
    """What is to be applied, and the term of the leader that appended it (§5.3)."""

    term: int
    payload: Payload


Log: TypeAlias = tuple[LogEntry, ...]


class RequestVote(Struct, frozen=True, tag="request-vote"):
    """Elect me; my log has this length, and its last entry this term (§5.2, §5.4.1)."""

    term: int
    candidate: str
    length: int
    last_term: int


class VoteGranted(Struct, frozen=True, tag="vote-granted"):
    """You have my vote in this term (§5.2)."""

    term: int
    voter: str
    candidate: str


class AppendEntries(Struct, frozen=True, tag="append-entries"):
    """After the first `prefix` entries, the last of `prefix_term`, come these (§5.3).

    Without entries it is a heartbeat (§5.2). `commit` is how many the leader has committed.
    """

    term: int
    leader: str
    prefix: int
    prefix_term: int
    entries: Log
    commit: int


class Appended(Struct, frozen=True, tag="appended"):
    """My first `length` entries are the leader's (§5.3)."""

    term: int
    follower: str
    leader: str
    length: int


class LogMismatch(Struct, frozen=True, tag="log-mismatch"):
    """My log has another entry, or none, where `prefix` ends (§5.3, fast backtracking).

    Before the first `length` entries it may agree; from there up to `prefix` it is of
    `conflict_term`, or has ended if that is None.
    """

    term: int
    follower: str
    leader: str
    prefix: int
    length: int
    conflict_term: int | None


class Outdated(Struct, frozen=True, tag="outdated"):
    """There is a later term than the one you wrote in (§5.1)."""

    term: int
    server: str


RaftMessage: TypeAlias = (
    RequestVote | VoteGranted | AppendEntries | Appended | LogMismatch | Outdated
)
