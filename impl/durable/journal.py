"""A node's journal: what it started with, received, persisted and sent, in order, as JSON lines.

Rules:
- What is received is noted before it is handled, what is sent before it leaves, what is persisted
  once it is durable. So whatever another node receives was noted by its sender.
- A line is given to the operating system whole and at once: `kill -9` cuts at most the last one.
- A node that starts again goes on in the same file, on a line of its own.
- The lines say what the code did in the code's own words. They know no model.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from quorate.impl.errors import StorageError

Journal: TypeAlias = Callable[[Mapping[str, Any]], None]


class FileJournal:
    """A journal that appends to a file."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            size = os.fstat(self._file).st_size
            if size and os.pread(self._file, 1, size - 1) != b"\n":
                os.write(self._file, b"\n")
        except OSError as error:
            raise StorageError(f"{path} cannot be written: {error.strerror}.") from None
        self._path = path

    def __call__(self, line: Mapping[str, Any]) -> None:
        """Append a line. A node that cannot must stop: its journal would not be whole."""
        data = msgspec.json.encode(line) + b"\n"
        try:
            if os.write(self._file, data) < len(data):
                raise StorageError(f"{self._path} took only a part of a line.")
        except OSError as error:
            raise StorageError(f"{self._path} cannot be written: {error.strerror}.") from None

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def nothing(line: Mapping[str, Any]) -> None:
    """The journal of a node that keeps none."""
