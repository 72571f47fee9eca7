"""Questions about logs: what stands where, where two differ, and where to try next.

Positions are lengths of prefixes; 0 is before the first entry, and has term 0.
"""

from __future__ import annotations

from .messages import AppendEntries, Log, LogMismatch


def term_at(log: Log, position: int) -> int:
    """The term of the last of the first `position` entries."""
    return log[position - 1].term if position > 0 else 0


def holds_prefix(log: Log, message: AppendEntries) -> bool:
    """Whether the log holds what comes before the new entries: the consistency check (§5.3)."""
    prefix = message.prefix
    return prefix <= len(log) and term_at(log, prefix) == message.prefix_term


def first_difference(log: Log, message: AppendEntries) -> int:
    """The position before the first new entry that the log lacks or has of another term."""
    for position, entry in enumerate(message.entries, message.prefix):
        if position == len(log) or log[position].term != entry.term:
            return position
    return message.prefix + len(message.entries)


def where_it_fails(log: Log, message: AppendEntries) -> tuple[int, int | None]:
    """For a failed check: how long a prefix may agree, and the term that conflicts after it.

    A log that is too short agrees at most to its end. Otherwise all entries of the term that is
    there instead are in doubt (§5.3: "the term of the conflicting entry and the first index it
    stores for that term").
    """
    if len(log) < message.prefix:
        return len(log), None
    position, conflict = message.prefix, term_at(log, message.prefix)
    while position > 0 and term_at(log, position) == conflict:
        position -= 1
    return position, conflict


def next_to_try(log: Log, message: LogMismatch) -> int:
    """Where the leader's next append to the follower begins; always below the failed one.

    If the leader has entries of the conflicting term, the last of them is the latest on which
    both can agree: every later entry of the leader is of another term than the follower's.
    """
    conflict = message.conflict_term
    if conflict is not None:
        for position in range(min(message.prefix - 1, len(log)), message.length, -1):
            if term_at(log, position) == conflict:
                return position
    return min(message.length, message.prefix - 1)
