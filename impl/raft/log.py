"""Questions about logs: what stands where, where two differ, and where to try next.

Positions are lengths of prefixes; 0 is before the first entry, and has term 0. What a snapshot
stands for was committed, so that every later leader has the same there.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from quorate.impl.store import Submission

from .messages import AppendEntries, Log, LogEntry, LogMismatch
from .records import RaftState

#: How much text one message carries at most, besides its last entry: escaped, it fits into a frame.
MOST_TEXT: Final = 1 << 20


def fitting(entries: Log) -> Log:
    """As many of the entries as one message carries; at least the first."""
    text = 0
    for count, entry in enumerate(entries):
        if text > MOST_TEXT:
            return entries[:count]
        text += _text(entry)
    return entries


def _text(entry: LogEntry) -> int:
    """How much text an entry has: that of a command, which clients choose."""
    command = entry.payload.command if isinstance(entry.payload, Submission) else None
    found = [getattr(command, name) for name in command.__struct_fields__] if command else []
    return sum(len(text) for text in found if text is not None)


def past_snapshot(state: RaftState, message: AppendEntries) -> AppendEntries:
    """The message without the entries that the snapshot stands for."""
    snapshot = state.snapshot
    known = snapshot.length - message.prefix
    if known <= 0:
        return message
    prefix = min(snapshot.length, message.prefix + len(message.entries))
    rest = message.entries[known:]
    return replace(message, prefix=prefix, prefix_term=snapshot.last_term, entries=rest)


def holds_prefix(state: RaftState, message: AppendEntries) -> bool:
    """Whether the log holds what comes before the new entries: the consistency check (§5.3)."""
    prefix = message.prefix
    if prefix < state.snapshot.length:
        return True
    return prefix <= state.length and state.term_at(prefix) == message.prefix_term


def first_difference(state: RaftState, message: AppendEntries) -> int:
    """The position before the first new entry that the log lacks or has of another term."""
    for position, entry in enumerate(message.entries, message.prefix):
        if position >= state.length or state.term_at(position + 1) != entry.term:
            return position
    return message.prefix + len(message.entries)


def where_it_fails(state: RaftState, message: AppendEntries) -> tuple[int, int | None]:
    """For a failed check: how long a prefix may agree, and the term that conflicts after it.

    A log that is too short agrees at most to its end. Otherwise all entries of the term that is
    there instead are in doubt (§5.3: "the term of the conflicting entry and the first index it
    stores for that term").
    """
    if state.length < message.prefix:
        return state.length, None
    position, conflict = message.prefix, state.term_at(message.prefix)
    while position > state.snapshot.length and state.term_at(position) == conflict:
        position -= 1
    return position, conflict


def next_to_try(state: RaftState, message: LogMismatch) -> int:
    """Where the leader's next append to the follower begins; always below the failed one.

    If the leader has entries of the conflicting term, the last of them is the latest on which
    both can agree: every later entry of the leader is of another term than the follower's.
    """
    conflict = message.conflict_term
    if conflict is not None:
        lowest = max(message.length, state.snapshot.length)
        for position in range(min(message.prefix - 1, state.length), lowest, -1):
            if state.term_at(position) == conflict:
                return position
    return min(message.length, message.prefix - 1)
