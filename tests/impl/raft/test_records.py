"""What is on disk: the state that records lead to, and the records that lead to a state."""

from __future__ import annotations

import msgspec

from quorate.impl.raft import RAFT, LogEntry, NoOp, SuffixRecord, TermRecord
from quorate.impl.raft.records import RaftRecord
from quorate.impl.store import Put, Submission

FIRST, SECOND = LogEntry(1, NoOp()), LogEntry(2, Submission("c", 1, Put("x", "1")))
WRITTEN = (TermRecord(2, "a"), SuffixRecord(0, (FIRST, FIRST)), SuffixRecord(1, (SECOND,)))


def put_together(records):
    state = RAFT.empty
    for record in records:
        state = state.after(record)
    return state


def test_a_suffix_replaces_what_followed_its_prefix():
    assert put_together(WRITTEN).log == (FIRST, SECOND)


def test_the_fewest_records_lead_to_the_same_state():
    state = put_together(WRITTEN)
    assert len(state.records()) == 2 and put_together(state.records()) == state


def test_records_are_told_apart_by_their_tags():
    written = msgspec.json.encode(WRITTEN)
    assert msgspec.json.decode(written, type=tuple[RaftRecord, ...]) == WRITTEN
