"""The log of a replica's records: whole turns or nothing, whatever the disk does."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from functools import reduce
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.impl.durable.record_log import RecordLog
from quorate.impl.errors import StorageError
from quorate.impl.paxos.storage import SqliteStore
from quorate.impl.raft import LogEntry, NoOp, RaftState, SuffixRecord, TermRecord
from quorate.impl.raft.system import RAFT
from quorate.impl.store import Put, Submission

TURNS = [
    [TermRecord(1, "n0")],
    [SuffixRecord(0, (LogEntry(1, NoOp()),)), SuffixRecord(1, ())],
    [TermRecord(2), SuffixRecord(1, (LogEntry(2, Submission("c", 1, Put("k", "v" * 50))),))],
]
# Deferred: a strategy of texts reads all of Unicode when it is made.
RECORDS = st.deferred(lambda: st.from_type(TermRecord) | st.from_type(SuffixRecord))


def opened(path):
    return closing(RecordLog(path, RAFT.records))


def held(path):
    with opened(path) as log:
        return log.load()


def written(path, turns=TURNS):
    with opened(path) as log:
        for turn in turns:
            log.append(turn)


def test_records_come_back_in_order(tmp_path):
    path = tmp_path / "node.sqlite"
    assert held(path) == []
    written(path)
    with opened(path) as log:
        assert log.load() == list(chain(*TURNS))
        assert log.last == 5


@settings(max_examples=15)  # each of them syncs the disk
@given(st.lists(RECORDS, max_size=4))
def test_any_record_round_trips(tmp_path_factory, records):
    path = tmp_path_factory.mktemp("log") / "node.sqlite"
    written(path, [records])
    assert held(path) == records


def test_a_history_is_replaced_by_what_leads_to_the_same_state(tmp_path):
    path = tmp_path / "node.sqlite"
    written(path)
    state = reduce(RaftState.after, held(path), RaftState())
    with opened(path) as log:
        log.load()
        log.replace(state.records())
        log.append([TermRecord(3)])
        assert log.last == 8  # numbers go on
    assert reduce(RaftState.after, held(path), RaftState()) == state.after(TermRecord(3))


def test_a_history_is_long_once_it_is_twice_what_it_replaced(tmp_path):
    entry = LogEntry(1, Submission("c", 1, Put("k", "v" * 60_000)))
    with opened(tmp_path / "node.sqlite") as log:
        for _ in range(17):
            log.append([SuffixRecord(0, (entry,))])
        assert not log.is_long
        log.append([SuffixRecord(0, (entry,))])
        assert log.is_long
        log.replace([SuffixRecord(0, (entry,) * 30)])
        for _ in range(29):
            log.append([SuffixRecord(0, (entry,))])
        assert not log.is_long
        log.append([SuffixRecord(0, (entry,) * 2)])
        assert log.is_long


def test_a_torn_end_loses_the_last_turns_whole(tmp_path):
    """A crash may cut the log of SQLite anywhere: what is left is some first turns, whole."""
    path, wal = tmp_path / "node.sqlite", tmp_path / "node.sqlite-wal"
    with opened(path) as log:
        log.append(TURNS[0])
        begin = wal.stat().st_size
        for turn in TURNS[1:]:
            log.append(turn)
        shutil.copy(path, tmp_path / "copy")
        data = wal.read_bytes()
    prefixes = [list(chain(*TURNS[:n])) for n in range(len(TURNS) + 1)]
    seen = []
    for size in [*range(begin, len(data), 397), len(data)]:
        shutil.copy(tmp_path / "copy", tmp_path / "torn")
        (tmp_path / "torn-wal").write_bytes(data[:size])
        records = held(tmp_path / "torn")
        assert records in prefixes
        seen.append(len(records))
    assert seen == sorted(seen) and seen[0] == 1 and seen[-1] == 5


def test_a_flipped_bit_in_the_last_turn_loses_that_turn(tmp_path):
    path, wal = tmp_path / "node.sqlite", tmp_path / "node.sqlite-wal"
    with opened(path) as log:
        log.append(TURNS[0])
        begin = wal.stat().st_size
        log.append(TURNS[1])
        data = bytearray(wal.read_bytes())
        shutil.copy(path, tmp_path / "copy")
    data[begin + 100] ^= 1
    (tmp_path / "copy-wal").write_bytes(data)
    assert held(tmp_path / "copy") == TURNS[0]


def test_a_full_disk_is_an_error_and_loses_nothing(tmp_path):
    path = tmp_path / "node.sqlite"
    big = SuffixRecord(0, (LogEntry(1, Submission("c", 1, Put("k", "v" * 60_000))),))
    with opened(path) as log:
        log.append(TURNS[0])
        log._db.execute(f"PRAGMA max_page_count = {log._pragma('page_count')}")
        with pytest.raises(StorageError, match=r"cannot be written: database or disk is full"):
            log.append([TermRecord(9), big])
        assert log.load() == TURNS[0]
    assert held(path) == TURNS[0]


def damaged(path, statement):
    written(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DELETE FROM record WHERE number = 3", "damaged: after record 2 comes 4"),
        ('UPDATE record SET data = \'{"type": "vote"}\' WHERE number = 3', "Record 3 of .* 'vote'"),
        ("UPDATE record SET data = X'ff' WHERE number = 3", "Record 3 of .* is damaged"),
    ],
)
def test_what_is_damaged_is_refused(tmp_path, statement, why):
    damaged(tmp_path / "node.sqlite", statement)
    with pytest.raises(StorageError, match=why):
        held(tmp_path / "node.sqlite")


def test_the_file_of_another_kind_of_node_is_refused(tmp_path):
    SqliteStore(tmp_path / "node.sqlite").close()
    with pytest.raises(StorageError, match="has schema version 1; this program reads version 2"):
        held(tmp_path / "node.sqlite")


def test_text_that_is_not_unicode_cannot_be_kept(tmp_path):
    with (
        opened(tmp_path / "node.sqlite") as log,
        pytest.raises(StorageError, match="not Unicode"),
    ):
        log.append([TermRecord(1, "\udc80")])
