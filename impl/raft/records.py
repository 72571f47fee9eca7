"""What a server keeps on disk (Ongaro and Ousterhout 2014, figure 2, persistent state; §7).

Rules:
- Term and vote are one record: a vote is never kept without its term.
- A log is kept by suffixes, so that an append costs what it adds.
- A snapshot stands for the entries before its length. What follows them stays if the log had the
  same last entry there, and is given up otherwise.
- Everything else is volatile: what is committed is learned again from a leader.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from quorate.impl.outputs import Persist, Send
from quorate.impl.store import ClientMessage

from .membership import Membership
from .messages import Log, LogEntry, RaftMessage, Snapshot


class TermRecord(Struct, frozen=True, tag="term"):
    """The latest term seen, and whom the server voted for in it."""

    term: int = 0
    voted_for: str | None = None


class SuffixRecord(Struct, frozen=True, tag="suffix"):
    """These entries follow the first `prefix` of the log; what followed them before is gone."""

    prefix: int
    entries: Log


class SnapshotRecord(Struct, frozen=True, tag="snapshot"):
    """The log begins with this snapshot."""

    snapshot: Snapshot


RaftRecord: TypeAlias = TermRecord | SuffixRecord | SnapshotRecord
RaftOutputs: TypeAlias = tuple[Persist[RaftRecord] | Send[RaftMessage | ClientMessage], ...]


class RaftState(Struct, frozen=True):
    """All that a server has on disk: its records, put together.

    `log` has what follows the snapshot. Positions count from the first entry there ever was.
    """

    vote: TermRecord = TermRecord()
    log: Log = ()
    snapshot: Snapshot = Snapshot()

    @property
    def length(self) -> int:
        """How many entries there are, with those that the snapshot stands for."""
        return self.snapshot.length + len(self.log)

    def term_at(self, position: int) -> int:
        """The term of the last of the first `position` entries; 0 if there are none.

        The position is none that the snapshot has left behind.
        """
        past = position - self.snapshot.length
        return self.log[past - 1].term if past > 0 else self.snapshot.last_term

    def entry(self, position: int) -> LogEntry:
        """The entry after the first `position`; the snapshot does not stand for it."""
        return self.log[position - self.snapshot.length]

    def entries_after(self, position: int) -> Log:
        """All entries but the first `position`, which the snapshot stands for, or more."""
        return self.log[position - self.snapshot.length :]

    def configured(self, position: int) -> tuple[int, Membership | None]:
        """The latest configuration among the first `position` entries, and where it ends."""
        base = self.snapshot.length
        for past in range(position - base, 0, -1):
            payload = self.log[past - 1].payload
            if isinstance(payload, Membership):
                return base + past, payload
        return base, self.snapshot.configuration

    def after(self, record: RaftRecord) -> RaftState:
        """What is on disk once the record is."""
        match record:
            case TermRecord():
                return replace(self, vote=record)
            case SuffixRecord(prefix, entries):
                kept = self.log[: prefix - self.snapshot.length]
                return replace(self, log=kept + entries)
            case SnapshotRecord(snapshot):
                return replace(self, log=self._following(snapshot), snapshot=snapshot)

    def records(self) -> tuple[RaftRecord, ...]:
        """The fewest records after which an empty disk holds this."""
        base = self.snapshot.length
        begin = (SnapshotRecord(self.snapshot),) if base else ()
        return (self.vote, *begin, SuffixRecord(base, self.log))

    def _following(self, snapshot: Snapshot) -> Log:
        held = self.snapshot.length <= snapshot.length <= self.length
        same = held and self.term_at(snapshot.length) == snapshot.last_term
        return self.entries_after(snapshot.length) if same else ()
