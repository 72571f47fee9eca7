"""Clocks that drift apart, by no more than a bound: what a node reads instead of the time.

The bound is on readings: at any moment, any two clocks with the same bound are at most that many
ticks apart. So it is in the model (`clocks(drift=...)`), and for the ε of Gray and Cheriton
(Leases, 1989, §5). A tick is whatever its user takes it for. Time and readings are whole numbers:
rounding could exceed the bound.
"""

from __future__ import annotations

from bisect import bisect_right
from random import Random

from quorate.impl.errors import ConfigError


class DriftingClock:
    """Shows between 0 and `bound` ticks more than the time that has passed; never goes back.

    How far it is ahead moves between points that `random` draws: nine in ten are 0 or `bound`.
    It runs at between half and one and a half times the speed of time.
    """

    def __init__(self, random: Random, bound: int) -> None:
        if bound < 0:
            raise ConfigError(f"Clocks cannot be {bound} ticks apart.")
        self._random, self._bound = random, bound
        self._times, self._ahead = [0], [self._draw()]

    def read(self, now: int) -> int:
        """What it shows at a time, which is not below 0."""
        while self._times[-1] <= now:
            self._extend()
        i = bisect_right(self._times, now)
        begin, end = self._times[i - 1], self._times[i]
        one, other = self._ahead[i - 1], self._ahead[i]
        return now + one + (other - one) * (now - begin) // (end - begin)

    def when(self, reading: int) -> int:
        """The first time at which it shows this, or more: when a timer rings."""
        early, late = max(0, reading - self._bound), max(0, reading)
        while early < late:
            middle = (early + late) // 2
            if self.read(middle) >= reading:
                late = middle
            else:
                early = middle + 1
        return early

    def _extend(self) -> None:
        """One more point, far enough off for the speed to stay in its range."""
        nearest = 2 * self._bound + 1
        if self._random.random() < 0.8:  # as fast or as slow as it may be
            self._times.append(self._times[-1] + nearest)
            self._ahead.append(0 if 2 * self._ahead[-1] > self._bound else self._bound)
            return
        length = self._random.randint(nearest, 20 * self._bound + 20)
        self._times.append(self._times[-1] + length)
        self._ahead.append(self._draw())

    def _draw(self) -> int:
        if self._random.random() < 0.9:
            return self._random.choice((0, self._bound))
        return self._random.randint(0, self._bound)
