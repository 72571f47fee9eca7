"""The records of one replica on disk, in the order in which they were persisted.

Rules:
- Records are appended several at a time, in one transaction: all of them are durable, or none.
- Each has a number, one above the one before it. A gap is damage, and is refused.
- The history of a state may be replaced by the few records that lead to the same state. It is
  worth it when the history has grown to twice what that was, so all of it costs little.
- How a record looks follows from its class: its tag and its fields, as with messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, Union

import msgspec

from quorate.impl.errors import StorageError

from .database import Database
from .failpoints import Passing, unhindered

RecordT = TypeVar("RecordT")

#: A history of fewer bytes is never replaced.
LEAST_BYTES: Final = 1 << 20


class RecordLog(Database, Generic[RecordT]):
    """The records of one replica in a file."""

    version = 2
    schema = "CREATE TABLE IF NOT EXISTS record (number INTEGER PRIMARY KEY, data BLOB NOT NULL)"

    def __init__(
        self, path: Path, kinds: Sequence[type[RecordT]], passing: Passing = unhindered
    ) -> None:
        """`kinds` are the classes of records, each with a tag of its own."""
        super().__init__(path, passing)
        record: Any = Union[tuple(kinds)]  # noqa: UP007 - known at run time only
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(record)
        self._kept_bytes = self._new_bytes = 0
        self.last = 0
        """The number of the last durable record; 0 if there never was one."""

    def load(self) -> list[RecordT]:
        """All records. Raises StorageError for one that is damaged or missing."""
        with self._explained("read"):
            rows = self._db.execute("SELECT number, data FROM record ORDER BY number").fetchall()
        for (before, _), (number, _) in pairwise(rows):
            if number != before + 1:
                raise StorageError(
                    f"{self._path} is damaged: after record {before} comes {number}."
                )
        self.last = rows[-1][0] if rows else 0
        self._new_bytes = sum(len(data) for _, data in rows)
        return [self._decode(number, data) for number, data in rows]

    def append(self, records: Sequence[RecordT]) -> None:
        """Write some records and wait until the disk has all of them."""
        rows = self._rows(records)
        with self._transaction():
            self._insert(rows)
        self.last += len(rows)
        self._new_bytes += sum(len(data) for _, data in rows)

    @property
    def is_long(self) -> bool:
        """Whether replacing the history is worth it."""
        return self._new_bytes > max(LEAST_BYTES, self._kept_bytes)

    def replace(self, records: Sequence[RecordT]) -> None:
        """Put some records in the place of all that there are: they lead to the same state."""
        rows = self._rows(records)
        with self._transaction():
            self._db.execute("DELETE FROM record")
            self._insert(rows)
        self.last += len(rows)
        self._kept_bytes, self._new_bytes = sum(len(data) for _, data in rows), 0

    def _rows(self, records: Sequence[RecordT]) -> list[tuple[int, bytes]]:
        try:
            data = [msgspec.json.encode(record) for record in records]
        except UnicodeEncodeError as error:
            raise StorageError(f"A record holds text that is not Unicode: {error}.") from None
        return list(enumerate(data, self.last + 1))

    def _insert(self, rows: Sequence[tuple[int, bytes]]) -> None:
        self._db.executemany("INSERT INTO record VALUES (?, ?)", rows)

    def _decode(self, number: int, data: bytes) -> RecordT:
        try:
            record: RecordT = self._decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise StorageError(f"Record {number} of {self._path} is damaged: {error}.") from None
        return record
