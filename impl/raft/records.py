"""What a server keeps on disk (Ongaro and Ousterhout 2014, figure 2, persistent state).

Rules:
- Term and vote are one record: a vote is never kept without its term.
- A log is kept by suffixes, so that an append costs what it adds.
- Everything else is volatile: what is committed is learned again from a leader.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from quorate.impl.outputs import Persist, Send
from quorate.impl.store import ClientMessage

from .messages import Log, RaftMessage


class TermRecord(Struct, frozen=True, tag="term"):
    """The latest term seen, and whom the server voted for in it."""

    term: int = 0
    voted_for: str | None = None


class SuffixRecord(Struct, frozen=True, tag="suffix"):
    """These entries follow the first `prefix` of the log; what followed them before is gone."""

    prefix: int
    entries: Log


RaftRecord: TypeAlias = TermRecord | SuffixRecord
RaftOutputs: TypeAlias = tuple[Persist[RaftRecord] | Send[RaftMessage | ClientMessage], ...]


class RaftState(Struct, frozen=True):
    """All that a server has on disk: its records, put together."""

    vote: TermRecord = TermRecord()
    log: Log = ()

    def after(self, record: RaftRecord) -> RaftState:
        """What is on disk once the record is."""
        match record:
            case TermRecord():
                return replace(self, vote=record)
            case SuffixRecord(prefix, entries):
                return replace(self, log=self.log[:prefix] + entries)

    def records(self) -> tuple[RaftRecord, ...]:
        """The fewest records after which an empty disk holds this."""
        return (self.vote, SuffixRecord(0, self.log))
