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

from quorate.impl.store import StoreSnapshot, Submission

from .membership import Membership


class NoOp(Struct, frozen=True, tag="no-op"):
    """What a leader appends first: once it is committed, so is all before it (§8)."""


Payload: TypeAlias = Submission | NoOp | Membership


class LogEntry(Struct, frozen=True):
    """What is to be applied, and the term of the leader that appended it (§5.3)."""

    term: int
    payload: Payload


Log: TypeAlias = tuple[LogEntry, ...]


class Snapshot(Struct, frozen=True):
    """What the first `length` entries, the last of `last_term`, have led to (§7).

    The configuration is the latest one among them; None stands for the one to start with.
    """

    length: int = 0
    last_term: int = 0
    configuration: Membership | None = None
    store: StoreSnapshot = StoreSnapshot()


class RequestPreVote(Struct, frozen=True, tag="request-pre-vote"):
    """Would you vote for me in the next term? My log is so long (Ongaro 2014, §9.6)."""

    term: int
    candidate: str
    length: int
    last_term: int


class PreVoteGranted(Struct, frozen=True, tag="pre-vote-granted"):
    """I would, and have promised nothing (Ongaro 2014, §9.6)."""

    term: int
    voter: str
    candidate: str


class RequestVote(Struct, frozen=True, tag="request-vote"):
    """Elect me; my log has this length, and its last entry this term (§5.2, §5.4.1).

    With `transfer` it is the leader who wants that (Ongaro 2014, §3.10).
    """

    term: int
    candidate: str
    length: int
    last_term: int
    transfer: bool = False


class VoteGranted(Struct, frozen=True, tag="vote-granted"):
    """You have my vote in this term (§5.2)."""

    term: int
    voter: str
    candidate: str


class AppendEntries(Struct, frozen=True, tag="append-entries"):
    """After the first `prefix` entries, the last of `prefix_term`, come these (§5.3).

    Without entries it is a heartbeat (§5.2). `commit` is how many the leader has committed.
    The answer names the `round`: it shows that the leader led when the round began (Ongaro 2014,
    §6.4).
    """

    term: int
    leader: str
    prefix: int
    prefix_term: int
    entries: Log
    commit: int
    round: int = 0


class Appended(Struct, frozen=True, tag="appended"):
    """My first `length` entries are the leader's (§5.3)."""

    term: int
    follower: str
    leader: str
    length: int
    round: int = 0


class InstallSnapshot(Struct, frozen=True, tag="install-snapshot"):
    """What you lack is no longer in my log: begin with a snapshot of `length` entries (§7).

    This is the part of it from `offset` on; with `done` the last one (figure 13). The answer is
    `SnapshotHeld`, and in the end `Appended`.
    """

    term: int
    leader: str
    length: int
    offset: int
    data: bytes
    done: bool
    round: int = 0


class SnapshotHeld(Struct, frozen=True, tag="snapshot-held"):
    """Of your snapshot of `length` entries I hold the first `offset` bytes (figure 13)."""

    term: int
    follower: str
    leader: str
    length: int
    offset: int
    round: int = 0


class TimeoutNow(Struct, frozen=True, tag="timeout-now"):
    """Your log is as long as mine: stand for election now (Ongaro 2014, §3.10)."""

    term: int
    leader: str


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
    round: int = 0


class Outdated(Struct, frozen=True, tag="outdated"):
    """There is a later term than the one you wrote in (§5.1)."""

    term: int
    server: str


RaftMessage: TypeAlias = (
    RequestPreVote
    | PreVoteGranted
    | RequestVote
    | VoteGranted
    | AppendEntries
    | Appended
    | LogMismatch
    | InstallSnapshot
    | SnapshotHeld
    | TimeoutNow
    | Outdated
)
