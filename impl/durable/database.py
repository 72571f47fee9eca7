"""One SQLite file of one node: what every kind of durable state has in common.

Rules:
- A write-ahead log, and a full sync on every commit: when a transaction has ended, it is durable.
- A process that dies in a transaction leaves nothing of it: SQLite drops a torn end of its log.
- One owner: the exclusive lock keeps two processes from playing the same node, which would be two
  memories under one name. The kernel drops it when a process is killed.
- A file that is not ours, of another version, damaged or in use is refused in words. A write that
  fails, because the disk is full or for any other reason, is an error: the node must stop.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

from quorate.impl.errors import StorageError

from .failpoints import AFTER_WRITE, MID_WRITE, Passing, unhindered

#: Marks a database file as ours ("Quor" in ASCII).
APPLICATION_ID: Final = 0x51756F72


class Database:
    """A file with one table. Subclasses say which, and read and write it."""

    version: ClassVar[int]
    schema: ClassVar[str]

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

    def close(self) -> None:
        """Close the file and release its lock."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """What is written in it is durable after it, all or nothing."""
        with self._explained("written"):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._passing(MID_WRITE)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        self._passing(AFTER_WRITE)

    def _prepare(self) -> None:
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._check_ours()
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._db.execute(f"PRAGMA user_version = {self.version}")
        self._db.execute(self.schema)
        self._db.execute("COMMIT")

    def _check_ours(self) -> None:
        """Look before writing: opening somebody else's file must not change it."""
        if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            return
        if self._pragma("application_id") != APPLICATION_ID:
            raise StorageError(f"{self._path} is a database of another program.")
        if self._pragma("user_version") != self.version:
            raise StorageError(
                f"{self._path} has schema version {self._pragma('user_version')}; "
                f"this program reads version {self.version}."
            )

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(f"{self._path} cannot be {verb}: {error}.") from None
