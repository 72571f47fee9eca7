"""What waits for a peer that is slow, or gone: so many messages, and bytes, and no more.

Of more the oldest are dropped, whole, and counted: who comes back needs the latest. The latest is
kept however long it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

MOST_MESSAGES: Final = 1024
MOST_BYTES: Final = 1 << 26


class Backlog:
    """A queue of messages, each of one frame or several."""

    most_messages = MOST_MESSAGES
    most_bytes = MOST_BYTES

    def __init__(self) -> None:
        self.dropped = 0
        """How many messages were dropped; whoever tells of it may set it back to 0."""
        self._messages: deque[bytes] = deque()
        self._bytes = 0

    def put(self, frames: Sequence[bytes]) -> None:
        """A message is the latest."""
        self._messages.append(b"".join(frames))
        self._bytes += len(self._messages[-1])
        while len(self._messages) > 1 and self._is_full():
            self._bytes -= len(self._messages.popleft())
            self.dropped += 1

    def take(self) -> bytes:
        """All that waits, in order; it waits no longer."""
        taken = b"".join(self._messages)
        self._messages.clear()
        self._bytes = 0
        return taken

    def _is_full(self) -> bool:
        return len(self._messages) > self.most_messages or self._bytes > self.most_bytes
