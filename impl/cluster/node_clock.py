"""The clock of a node: the one place where it reads the time.

It never goes back, and can be told to be wrong: from then on it runs faster or slower than time.
"""

from __future__ import annotations

import time
from typing import Final

CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", None)


def uptime_s() -> float:
    """Seconds that never go back. While the machine is suspended they go on where it has a clock
    that does: Linux has, and `loop.time()` is another one.
    """
    return time.monotonic() if CLOCK is None else time.clock_gettime(CLOCK)


class NodeClock:
    """Shows the seconds since it was made, as fast as it runs."""

    def __init__(self) -> None:
        self._rate, self._shown_s, self._since_s = 1.0, 0.0, uptime_s()

    def read_s(self) -> float:
        """What it shows now."""
        return self._shown_s + (uptime_s() - self._since_s) * self._rate

    def wait_s(self, shown_s: float) -> float:
        """How long it takes until it shows so many seconds more."""
        return shown_s / self._rate

    def run_at(self, rate: float) -> None:
        """Run so many times as fast as time from now on; `rate` is above 0."""
        now_s = uptime_s()
        self._shown_s += (now_s - self._since_s) * self._rate
        self._rate, self._since_s = rate, now_s
