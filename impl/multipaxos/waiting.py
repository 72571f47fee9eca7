"""What a leader was asked for and has not proposed yet, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from quorate.impl.store import Submission

from .messages import Commands, Decree, Reconfiguration


class Waiting:
    """A queue of commands and reconfigurations. A command that is repeated waits once."""

    def __init__(self) -> None:
        self._queue: deque[Submission | Reconfiguration] = deque()
        self._known: set[tuple[str, int]] = set()

    def __bool__(self) -> bool:
        return bool(self._queue)

    def add(self, asked: Submission | Reconfiguration) -> None:
        """Put it at the end, unless it is a command that waits already or is under way."""
        if isinstance(asked, Submission):
            number = (asked.client, asked.sequence)
            if number in self._known:
                return
            self._known.add(number)
        self._queue.append(asked)

    def next_decree(self, most: int) -> Decree:
        """The first of those that wait: a reconfiguration, or up to so many commands together."""
        asked = self._queue.popleft()
        if isinstance(asked, Reconfiguration):
            return asked
        batch = [asked]
        while self._queue and len(batch) < most and isinstance(self._queue[0], Submission):
            batch.append(self._queue[0])
            self._queue.popleft()
        return Commands(tuple(batch))

    def numbers(self) -> list[tuple[str, int]]:
        """The commands that wait or are under way, by client and number, in this order."""
        return sorted(self._known)

    def executed(self, numbers: Iterable[tuple[str, int]]) -> None:
        """These commands, by client and number, are no longer under way."""
        self._known.difference_update(numbers)

    def clear(self) -> None:
        """Another replica leads: clients will ask there."""
        self._queue.clear()
        self._known.clear()
