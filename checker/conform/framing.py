"""Where one message ends and the next begins in a stream of bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

MOST_BYTES = 1 << 26
"""A message that says that it is longer is taken for garbage, and relayed as it comes."""


class Cutter(Protocol):
    """Cuts what one end of a connection writes."""

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that these bytes complete, each with all of its bytes."""
        ...

    def rest(self) -> bytes:
        """What was fed and is no whole message."""
        ...


Framing = Callable[[], Cutter]
"""Makes a cutter for a new connection."""


class _Prefixed:
    def __init__(self, size: int, order: Literal["big", "little"]) -> None:
        self._size, self._order = size, order
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        self._buffer += data
        found = []
        while (end := self._end()) is not None and len(self._buffer) >= end:
            found.append(bytes(self._buffer[:end]))
            del self._buffer[:end]
        return found

    def rest(self) -> bytes:
        return bytes(self._buffer)

    def _end(self) -> int | None:
        if len(self._buffer) < self._size:
            return None
        length = int.from_bytes(self._buffer[: self._size], self._order)
        return self._size + length if length <= MOST_BYTES else len(self._buffer)


class _Lines:
    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[bytes]:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [line + b"\n" for line in lines]

    def rest(self) -> bytes:
        return self._buffer


def length_prefixed(size: int = 4, order: Literal["big", "little"] = "big") -> Framing:
    """Each message has its length in front, in `size` bytes that do not count themselves."""
    return lambda: _Prefixed(size, order)


def lines() -> Framing:
    """Each message is a line."""
    return _Lines
