"""The replicated key-value store: what Raft and Multi-Paxos apply to, command by command."""

from .commands import (
    Answered,
    ClientMessage,
    Command,
    CompareAndSet,
    Completed,
    Delete,
    Get,
    Key,
    Put,
    Redirected,
    Rejected,
    Reply,
    Result,
    Submission,
)
from .store import KeyValueStore, Session, StoreSnapshot

__all__ = [
    "Answered",
    "ClientMessage",
    "Command",
    "CompareAndSet",
    "Completed",
    "Delete",
    "Get",
    "Key",
    "KeyValueStore",
    "Put",
    "Redirected",
    "Rejected",
    "Reply",
    "Result",
    "Session",
    "StoreSnapshot",
    "Submission",
]
