"""Raft (Ongaro and Ousterhout, 2014): election, replication and commitment, on the store."""

from .membership import Membership
from .messages import (
    Appended,
    AppendEntries,
    InstallSnapshot,
    LogEntry,
    LogMismatch,
    NoOp,
    Outdated,
    PreVoteGranted,
    RequestPreVote,
    RequestVote,
    Snapshot,
    SnapshotHeld,
    TimeoutNow,
    VoteGranted,
)
from .options import Options
from .reading import Reads
from .records import RaftState, SnapshotRecord, SuffixRecord, TermRecord
from .replica import Replica
from .rules import RaftRole
from .server import Server
from .system import RAFT

__all__ = [
    "RAFT",
    "AppendEntries",
    "Appended",
    "InstallSnapshot",
    "LogEntry",
    "LogMismatch",
    "Membership",
    "NoOp",
    "Options",
    "Outdated",
    "PreVoteGranted",
    "RaftRole",
    "RaftState",
    "Reads",
    "Replica",
    "RequestPreVote",
    "RequestVote",
    "Server",
    "Snapshot",
    "SnapshotHeld",
    "SnapshotRecord",
    "SuffixRecord",
    "TermRecord",
    "TimeoutNow",
    "VoteGranted",
]
