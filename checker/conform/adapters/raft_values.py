"""How the models of Raft show what the bundled one holds and sends.

Who asks for pre-votes is in its own term still; the model names the one that it is to stand in.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from quorate.checker.conform.adapter import Contradiction
from quorate.impl.raft import (
    Appended,
    AppendEntries,
    LogEntry,
    RequestVote,
    VoteGranted,
)
from quorate.impl.raft.messages import Log, PreVoteGranted, RequestPreVote
from quorate.impl.store import Put, Submission
from quorate.traces import Record

ZERO = "zero"

MOST_KEPT = 10_000
"""How many logs and messages are kept: they are values, so each is made once."""


def term_shown(term: int) -> str:
    return f"t{term}" if term else ZERO


def term_read(t: str) -> int:
    return 0 if t == ZERO else int(t[1:])


def payload_of(v: str) -> Submission:
    """A command that stands for a value of the model."""
    return Submission("client", 1, Put("x", v))


@lru_cache(MOST_KEPT)
def log_shown(log: Log) -> tuple[Record, ...]:
    """A log as the model has it. Raises Contradiction for an entry that nobody requested."""
    return tuple(Record("Entry", (("t", term_shown(e.term)), ("v", _value_of(e)))) for e in log)


@lru_cache(MOST_KEPT)
def message_shown(message: Any) -> Record:
    """A message as the model shows it."""
    t = ("t", term_shown(message.term))
    match message:
        case RequestVote(candidate=s, length=n, last_term=last):
            fields = (("candidate", s), ("length", n), ("last", term_shown(last)))
            return Record("RequestVote", (t, *fields))
        case VoteGranted(voter=u, candidate=s):
            return Record("Vote", (t, ("voter", u), ("candidate", s)))
        case RequestPreVote(term=now, candidate=s, length=n, last_term=last):
            asked = (("t", term_shown(now + 1)), ("candidate", s))
            return Record("AskPreVote", (*asked, ("length", n), ("last", term_shown(last))))
        case PreVoteGranted(term=now, voter=u, candidate=s):
            told = (("t", term_shown(now + 1)), ("voter", u), ("candidate", s))
            return Record("PreVote", told)
        case AppendEntries(leader=s, prefix=n, prefix_term=last, entries=new, commit=k):
            before = (("leader", s), ("prefix", n), ("last", term_shown(last)))
            return Record("Append", (t, *before, ("entries", log_shown(new)), ("commit", k)))
        case Appended(follower=u, leader=s, length=n):
            return Record("Ack", (t, ("follower", u), ("leader", s), ("length", n)))
    raise Contradiction(f"the model has no {type(message).__name__}")


@lru_cache(MOST_KEPT)
def message_read(m: Record) -> Any:
    """A message of the model as one of the implementation's."""
    term = term_read(m["t"])
    match m.tag:
        case "RequestVote":
            last = term_read(m["last"])
            return RequestVote(term, m["candidate"], m["length"], last)
        case "AskPreVote":
            last = term_read(m["last"])
            return RequestPreVote(term - 1, m["candidate"], m["length"], last)
        case "PreVote":
            return PreVoteGranted(term - 1, m["voter"], m["candidate"])
        case "Vote":
            return VoteGranted(term, m["voter"], m["candidate"])
        case "Ack":
            return Appended(term, m["follower"], m["leader"], m["length"])
    last = term_read(m["last"])
    entries = tuple(entry_read(e) for e in m["entries"])
    return AppendEntries(term, m["leader"], m["prefix"], last, entries, m["commit"])


def entry_read(e: Record) -> LogEntry:
    """An entry of the model as one of the implementation's."""
    return LogEntry(term_read(e["t"]), payload_of(e["v"]))


def _value_of(entry: LogEntry) -> str:
    match entry.payload:
        case Submission(command=Put(value=v)):
            return v
    raise Contradiction(f"nobody requested the entry {entry}")
