"""The replicated key-value store: what Raft and Multi-Paxos apply to, command by command."""

from .commands import (
    Answered,
    Command,
    CompareAndSet,
    Delete,
    Get,
    Key,
    Put,
    Rejected,
    Reply,
    Result,
    Submission,
)
from .store import KeyValueStore, Session, StoreSnapshot

__all__ = [
    "Answered",
    "Command",
    "CompareAndSet",
    "Delete",
    "Get",
    "Key",
    "KeyValueStore",
    "Put",
    "Rejected",
    "Reply",
    "Result",
    "Session",
    "StoreSnapshot",
    "Submission",
]
