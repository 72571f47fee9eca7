"""Sorted runs: files of packed states in order, each once, in blocks that can be decoded alone.

Delayed duplicate detection (Korf, Linear-Time Disk-Based Implicit Graph Search, JACM 2008) only
reads and writes such files from front to back; a table on disk would need a random read for each of
millions of states. Blocks hold the differences of neighbours (`rows.py`). The first row of each
block is kept in memory, so that irrelevant blocks are never read. A table of the blocks ends the
file. An array of rows is flat.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from quorate.checker.errors import InputError
from quorate.checker.ground.packing import Words

from .rows import rows_for

BLOCK = 8192  # rows of a block
READ = 64  # blocks read at a time
PADDING = 16  # bytes beyond the last block: rows are decoded by whole words

Integers = npt.NDArray[np.int64]

_NONE = np.zeros(0, np.int64)


class DamagedError(InputError):
    """A file is not what was written. The text names it."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """A context in which errors of the system, such as a full disk, name the file."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


@dataclass(frozen=True)
class Blocks:
    """Encoded rows: block i has `counts[i]` rows, of which the first is `firsts[i]`, in bytes
    `starts[i]` to `starts[i + 1]`."""

    data: npt.NDArray[np.uint8]
    firsts: Words
    starts: Integers
    counts: Integers

    @classmethod
    def of(cls, rows: Words, words: int) -> Blocks:
        """Encode sorted rows."""
        count = len(rows) // words
        begins = np.arange(0, count, BLOCK)
        counts = np.diff(np.append(begins, count))
        data = np.empty(count * (8 * words + 1) + 8 * words + PADDING, np.uint8)
        starts = np.zeros(len(begins) + 1, np.int64)
        at, encode = 0, rows_for(words).encode
        for i, (begin, n) in enumerate(zip(begins.tolist(), counts.tolist(), strict=True)):
            at = starts[i + 1] = encode(rows, begin, n, data, at, words)
        firsts = rows.reshape(-1, words)[begins].reshape(-1)
        return cls(data[:at], firsts, starts, counts)


@dataclass(frozen=True, eq=False)
class Run:
    """A sorted file of `count` rows in blocks as in `Blocks`.

    `checksum` is CRC-32 of the file.
    """

    path: Path
    words: int
    count: int
    checksum: int
    firsts: Words
    starts: Integers
    counts: Integers

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return len(self.counts)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return int(self.starts[-1]) + 8 * (len(self.firsts) + 2 * len(self.counts) + 1)

    @classmethod
    def load(cls, path: Path, words: int, blocks: int, checksum: int) -> Run:
        """A run that was written before. Raises DamagedError if it has changed."""
        table = blocks * words + 2 * blocks + 1
        found = 0
        try:
            with path.open("rb") as file:
                while piece := file.read(1 << 20):
                    found = zlib.crc32(piece, found)
                if found == checksum:
                    file.seek(-8 * table, 2)
                    numbers = np.frombuffer(file.read(), np.int64)
        except OSError as error:
            raise DamagedError(f"{path}: {error.strerror}") from None
        if found != checksum:
            raise DamagedError(f"{path}: damaged: these are not the bytes that were written")
        firsts = numbers[: blocks * words].view(np.uint64)
        starts, counts = numbers[blocks * words : -blocks or None], numbers[table - blocks :]
        return cls(path, words, int(counts.sum()), checksum, firsts, starts, counts)

    def read(self, first: int, last: int) -> Words:
        """The rows of blocks `first` to `last` - 1. Raises DamagedError, OSError."""
        start, size = int(self.starts[first]), int(self.starts[last] - self.starts[first])
        data = np.zeros(size + PADDING, np.uint8)
        with self.path.open("rb", buffering=0) as file:
            file.seek(start)
            if file.readinto(data[:size].data) != size:
                raise DamagedError(f"{self.path}: shorter than the {self.size:,} bytes written")
        counts = self.counts[first:last].tolist()
        rows = np.empty(sum(counts) * self.words, np.uint64)
        decode, at, place = rows_for(self.words).decode, 0, 0
        for n in counts:
            at = decode(data, at, n, rows, place, self.words)
            place += n
        return rows

    def pieces(self, first: int = 0) -> Iterator[Words]:
        """All rows from block `first` on, some blocks at a time."""
        for b in range(first, self.blocks, READ):
            yield self.read(b, min(b + READ, self.blocks))

    def between(self, low: Words | None, high: Words | None) -> Words:
        """The rows from `low` on that come before `high`; None for no bound."""
        search, words = rows_for(self.words).lower_bound, self.words
        begin, end = 0, self.blocks
        if low is not None:
            begin = max(0, search(self.firsts, 0, self.blocks, low, 0, words) - 1)
        if high is not None:
            end = search(self.firsts, 0, self.blocks, high, 0, words)
        if begin >= end:
            return np.empty(0, np.uint64)
        rows = self.read(begin, end)
        first, last = 0, len(rows) // words
        if low is not None:
            first = search(rows, first, last, low, 0, words)
        if high is not None:
            last = search(rows, first, last, high, 0, words)
        return rows[first * words : last * words]

    def strike(self, rows: Words, struck: npt.NDArray[np.bool_]) -> None:
        """Mark those of some sorted rows that are in this run; reads no block without need."""
        functions, words = rows_for(self.words), self.words
        cuts = np.zeros(self.blocks + 1, np.int64)
        functions.cut(rows, len(struck), self.firsts, self.blocks, cuts, words)
        wanted = np.flatnonzero(np.diff(cuts))
        breaks = np.flatnonzero(np.diff(wanted) != 1) + 1
        for group in np.split(wanted, breaks):
            for first in range(0, len(group), READ):
                begin = int(group[first])
                end = int(group[min(first + READ, len(group)) - 1]) + 1
                others = self.read(begin, end)
                n = len(others) // words
                functions.strike(rows, struck, int(cuts[begin]), int(cuts[end]), others, n, words)


class Writer:
    """Writes a run, blocks after blocks in order; `close` returns it."""

    def __init__(self, path: Path, words: int) -> None:
        self.path, self._words = path, words
        self._file: BinaryIO = path.open("wb", buffering=0)
        self._checksum = 0
        self._firsts, self._sizes, self._counts = [np.zeros(0, np.uint64)], [_NONE], [_NONE]

    def add(self, blocks: Blocks) -> None:
        """Append blocks, all of whose rows come after those before. Raises OSError."""
        self._write(blocks.data)
        self._firsts.append(blocks.firsts)
        self._sizes.append(np.diff(blocks.starts))
        self._counts.append(blocks.counts)

    def _write(self, data: npt.NDArray[Any]) -> None:
        left = memoryview(data.data).cast("B") if len(data) else memoryview(b"")
        self._checksum = zlib.crc32(left, self._checksum)
        with naming(self.path):
            while left:
                left = left[self._file.write(left) :]

    def close(self) -> Run:
        """The run that was written. Raises OSError."""
        counts = np.concatenate(self._counts)
        starts = np.concatenate([[0], np.cumsum(np.concatenate(self._sizes))]).astype(np.int64)
        firsts = np.concatenate(self._firsts)
        for numbers in (firsts, starts, counts):
            self._write(numbers)
        self._file.close()
        return Run(
            self.path, self._words, int(counts.sum()), self._checksum, firsts, starts, counts
        )

    def abandon(self) -> None:
        """Remove what was written."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def write_run(path: Path, words: int, parts: Iterable[Blocks]) -> Run:
    """A run of these blocks. Raises OSError, and then leaves no file."""
    writer = Writer(path, words)
    try:
        for blocks in parts:
            writer.add(blocks)
        return writer.close()
    except BaseException:
        writer.abandon()
        raise
