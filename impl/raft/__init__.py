"""Raft (Ongaro and Ousterhout, 2014): election, replication and commitment, on the store."""

from .messages import (
    Appended,
    AppendEntries,
    Completed,
    LogEntry,
    LogMismatch,
    NoOp,
    Outdated,
    Redirected,
    RequestVote,
    VoteGranted,
)
from .records import RaftState, SuffixRecord, TermRecord
from .replica import Patience, Replica
from .rules import RaftRole
from .server import Server

__all__ = [
    "AppendEntries",
    "Appended",
    "Completed",
    "LogEntry",
    "LogMismatch",
    "NoOp",
    "Outdated",
    "Patience",
    "RaftRole",
    "RaftState",
    "Redirected",
    "Replica",
    "RequestVote",
    "Server",
    "SuffixRecord",
    "TermRecord",
    "VoteGranted",
]
