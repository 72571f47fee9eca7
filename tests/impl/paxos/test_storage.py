"""Both stores hold the same promises; the file says what is wrong with it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from quorate.impl.durable.database import APPLICATION_ID
from quorate.impl.errors import StorageError
from quorate.impl.paxos import AcceptorRecord, Ballot, LearnerRecord, ProposerRecord, Vote
from quorate.impl.paxos.storage import MemoryStore, SqliteStore

RECORDS = {
    "proposer": ProposerRecord(3),
    "acceptor": AcceptorRecord(Ballot(2, "p"), Vote(Ballot(1, "q"), "x")),
    "learner": LearnerRecord("x"),
}


@pytest.fixture(params=["memory", "sqlite"])
def reopened(request, tmp_path):
    """Returns a function that gives the store, as it is after a restart each time."""
    memory = MemoryStore()
    opened = []

    def reopen():
        if request.param == "memory":
            memory.crash()
            return memory
        for store in opened:
            store.close()
        opened.append(SqliteStore(tmp_path / "node.sqlite"))
        return opened[-1]

    yield reopen
    for store in opened:
        store.close()


def test_an_empty_store_holds_nothing(reopened):
    assert all(reopened().load(key) is None for key in RECORDS)


def test_records_survive_a_restart(reopened):
    store = reopened()
    for key, record in RECORDS.items():
        store.save(key, record)
    assert {key: store.load(key) for key in RECORDS} == RECORDS
    store = reopened()
    assert {key: store.load(key) for key in RECORDS} == RECORDS


def test_the_last_record_wins(reopened):
    store = reopened()
    for round_ in range(5):
        store.save("proposer", ProposerRecord(round_))
    assert reopened().load("proposer") == ProposerRecord(4)


def test_a_record_under_the_wrong_key_is_refused(reopened):
    with pytest.raises(StorageError, match="does not belong under the key 'learner'"):
        reopened().save("learner", ProposerRecord(1))


def test_an_unsynced_disk_loses_what_it_claimed_to_have():
    store = MemoryStore(synchronous=False)
    store.save("proposer", ProposerRecord(1))
    store.sync()
    store.save("proposer", ProposerRecord(2))
    assert store.load("proposer") == ProposerRecord(2)
    store.crash()
    assert store.load("proposer") == ProposerRecord(1)


def test_the_file_is_synced_on_every_commit_and_has_one_owner(tmp_path):
    path = tmp_path / "node.sqlite"
    with closing(SqliteStore(path)) as store:
        assert store._pragma("synchronous") == 2
        assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        with pytest.raises(StorageError, match="locked"):
            SqliteStore(path)
    SqliteStore(path).close()


def database(path, *statements):
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def test_a_foreign_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "photos.db"
    database(path, "CREATE TABLE photo (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StorageError, match=r"photos\.db is a database of another program"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_another_schema_version_is_refused(tmp_path):
    path = tmp_path / "node.sqlite"
    SqliteStore(path).close()
    database(path, f"PRAGMA application_id = {APPLICATION_ID}", "PRAGMA user_version = 9")
    with pytest.raises(StorageError, match="has schema version 9; this program reads version 1"):
        SqliteStore(path)


@pytest.mark.parametrize("content", [b"not a database" * 400, b"SQLite format 3\0" + b"\7" * 5000])
def test_a_corrupt_file_is_refused(tmp_path, content):
    path = tmp_path / "node.sqlite"
    path.write_bytes(content)
    with pytest.raises(StorageError, match="cannot be opened"):
        SqliteStore(path)


def test_a_damaged_record_is_refused(tmp_path):
    path = tmp_path / "node.sqlite"
    SqliteStore(path).close()
    database(path, "INSERT INTO record VALUES ('proposer', '{\"round\": \"many\"}')")
    with (
        closing(SqliteStore(path)) as store,
        pytest.raises(StorageError, match="stored proposer record is damaged"),
    ):
        store.load("proposer")


def test_a_path_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be opened"):
        SqliteStore(tmp_path / "file" / "node.sqlite")
    with pytest.raises(StorageError, match="cannot be opened"):
        SqliteStore(tmp_path / "missing" / "node.sqlite")


def test_a_read_only_file_is_refused(tmp_path):
    path = tmp_path / "node.sqlite"
    SqliteStore(path).close()
    with pytest.raises(StorageError, match="readonly"), closing(SqliteStore(path)) as store:
        # The tests may run as root, whom file modes do not stop: let SQLite itself refuse.
        store._db.execute("PRAGMA query_only = ON")
        store.save("proposer", ProposerRecord(1))


def test_a_full_disk_is_an_error_and_keeps_the_old_record(tmp_path):
    path = tmp_path / "node.sqlite"
    with closing(SqliteStore(path)) as store:
        store.save("learner", LearnerRecord("small"))
        pages = store._pragma("page_count")
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageError, match=r"cannot be written: database or disk is full"):
            store.save("learner", LearnerRecord("big" * 100_000))
        assert store.load("learner") == LearnerRecord("small")
