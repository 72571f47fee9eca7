"""Durable state: a store keeps one record per role and survives what the role does not.

Rules:
- When `save` returns, the record is durable. When it raises, the node must stop.
- A store holds exactly the last record saved under a key, whole or not at all.
- A file that is not ours, of another version, damaged or in use is refused in words.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import msgspec

from .errors import StorageError
from .failpoints import AFTER_WRITE, MID_WRITE, Passing, unhindered
from .records import RECORD_TYPES, Record

SCHEMA_VERSION: Final = 1
#: Marks a database file as ours ("Quor" in ASCII).
APPLICATION_ID: Final = 0x51756F72


class Store(Protocol):
    """Where a node keeps its records."""

    def load(self, key: str) -> Record | None:
        """The record last saved under the key, if any."""
        ...

    def save(self, key: str, record: Record) -> None:
        """Make the record durable under the key."""
        ...

    def close(self) -> None:
        """Let go of the resources; the records stay."""
        ...


class MemoryStore:
    """A disk for simulations: it survives `crash`, the node's memory does not.

    With `synchronous=False` it behaves like a disk whose cache lies about being
    flushed: whatever was saved since the last `sync` is lost in a crash.
    """

    def __init__(self, *, synchronous: bool = True) -> None:
        self._synchronous = synchronous
        self._durable: dict[str, bytes] = {}
        self._cached: dict[str, bytes] = {}

    def load(self, key: str) -> Record | None:
        """The record last saved under the key, if any."""
        data = self._cached.get(key)
        return None if data is None else _decode(key, data)

    def save(self, key: str, record: Record) -> None:
        """Keep the record; durable at once unless the store is asynchronous."""
        self._cached[key] = _encode(key, record)
        if self._synchronous:
            self.sync()

    def sync(self) -> None:
        """Make everything saved so far durable."""
        self._durable.update(self._cached)

    def crash(self) -> None:
        """Lose what is not durable."""
        self._cached = dict(self._durable)

    def close(self) -> None:
        """Nothing to let go of."""


class SqliteStore:
    """One SQLite file per node: write-ahead log, a full sync on every commit, one owner.

    The exclusive lock keeps two processes from playing the same acceptor, which would
    be two memories under one name. The kernel drops it when a process is killed.
    """

    def __init__(self, path: Path, passing: Passing = unhindered) -> None:
        self._path, self._passing = path, passing
        with self._explained("opened"):
            self._db = sqlite3.connect(path, isolation_level=None, timeout=1.0)
        try:
            with self._explained("opened"):
                self._prepare()
        except BaseException:
            self._db.close()
            raise

    def load(self, key: str) -> Record | None:
        """The record last saved under the key, if any."""
        with self._explained("read"):
            row = self._db.execute("SELECT data FROM record WHERE key = ?", (key,)).fetchone()
        return None if row is None else _decode(key, row[0])

    def save(self, key: str, record: Record) -> None:
        """Write the record and wait until the disk has it."""
        data = _encode(key, record)
        with self._explained("written"):
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("INSERT OR REPLACE INTO record VALUES (?, ?)", (key, data))
            self._passing(MID_WRITE)
            self._db.execute("COMMIT")
        self._passing(AFTER_WRITE)

    def close(self) -> None:
        """Close the file and release its lock."""
        self._db.close()

    def _prepare(self) -> None:
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._check_ours()
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, data BLOB NOT NULL)"
        )
        self._db.execute("COMMIT")

    def _check_ours(self) -> None:
        """Look before writing: opening somebody else's file must not change it."""
        if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            return
        if self._pragma("application_id") != APPLICATION_ID:
            raise StorageError(f"{self._path} is a database of another program.")
        if self._pragma("user_version") != SCHEMA_VERSION:
            raise StorageError(
                f"{self._path} has schema version {self._pragma('user_version')}; "
                f"this program reads version {SCHEMA_VERSION}."
            )

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(f"{self._path} cannot be {verb}: {error}.") from None


def _encode(key: str, record: Record) -> bytes:
    if not isinstance(record, RECORD_TYPES[key]):
        raise StorageError(f"A {type(record).__name__} does not belong under the key {key!r}.")
    return msgspec.json.encode(record)


def _decode(key: str, data: bytes) -> Record:
    try:
        record: Record = msgspec.json.decode(data, type=RECORD_TYPES[key])
    except msgspec.DecodeError as error:
        raise StorageError(f"The stored {key} record is damaged: {error}.") from None
    return record
