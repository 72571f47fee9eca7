"""Durable state: a store keeps one record per role and survives what the role does not.

Rules:
- When `save` returns, the record is durable. When it raises, the node must stop.
- A store holds exactly the last record saved under a key, whole or not at all.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from quorate.impl.durable.database import Database
from quorate.impl.errors import StorageError

from .records import RECORD_TYPES, Record


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


class SqliteStore(Database):
    """The records of the roles of one node in a file."""

    version = 1
    schema = "CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, data BLOB NOT NULL)"

    def load(self, key: str) -> Record | None:
        """The record last saved under the key, if any."""
        with self._explained("read"):
            row = self._db.execute("SELECT data FROM record WHERE key = ?", (key,)).fetchone()
        return None if row is None else _decode(key, row[0])

    def save(self, key: str, record: Record) -> None:
        """Write the record and wait until the disk has it."""
        data = _encode(key, record)
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO record VALUES (?, ?)", (key, data))


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
