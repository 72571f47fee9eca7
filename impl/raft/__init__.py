"""Raft (Ongaro and Ousterhout, 2014): election, replication and commitment, on the store."""

from .messages import (
    Appended,
    AppendEntries,
    LogEntry,
    LogMismatch,
    NoOp,
    Outdated,
    RequestVote,
    VoteGranted,
)
from .records import RaftState, SuffixRecord, TermRecord
from .replica import Replica
from .rules import RaftRole
from .server import Server
from .system import RAFT

__all__ = [
    "RAFT",
    "AppendEntries",
    "Appended",
    "LogEntry",
    "LogMismatch",
    "NoOp",
    "Outdated",
    "RaftRole",
    "RaftState",
    "Replica",
    "RequestVote",
    "Server",
    "SuffixRecord",
    "TermRecord",
    "VoteGranted",
]
