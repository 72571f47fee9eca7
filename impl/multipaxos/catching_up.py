"""How often a replica that is behind asks for what it lacks."""

from __future__ import annotations

from typing import Final

MOST_BEATS: Final = 64


class CatchingUp:
    """It asks at one beat, and after twice as many each time that nothing has come.

    The answer may be a snapshot that is long under way: each further one that is asked for before
    it arrives is sent in vain, and may push it out of a full queue.
    """

    def __init__(self) -> None:
        self._executed, self._gap, self._left = -1, 1, 0

    def is_due(self, executed: int) -> bool:
        """Whether to ask at this beat, having executed so many slots."""
        if executed != self._executed:
            self._executed, self._gap, self._left = executed, 1, 0
        if self._left:
            self._left -= 1
            return False
        self._left, self._gap = self._gap - 1, min(2 * self._gap, MOST_BEATS)
        return True
