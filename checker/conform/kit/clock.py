"""A simulated clock, which advances only on demand, and its timers."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(order=True)
class Timer:
    """A callback and its time, in seconds."""

    when: float
    number: int
    action: Callable[..., object] = field(compare=False)
    arguments: tuple[Any, ...] = field(compare=False, default=())
    cancelled: bool = field(compare=False, default=False)

    def cancel(self) -> None:
        """Cancel the timer."""
        self.cancelled = True


class Clock:
    """A clock that stands still. `clock.time` is what the code gets in the place of time.time."""

    def __init__(self, now: float = 0.0) -> None:
        self._now = now
        self._timers: list[Timer] = []
        self._number = 0

    def time(self) -> float:
        """Seconds."""
        return self._now

    def call_at(self, when: float, action: Callable[..., object], *arguments: Any) -> Timer:
        """Call something at a time; at once, where that has passed, when time passes next."""
        self._number += 1
        timer = Timer(when, self._number, action, arguments)
        heapq.heappush(self._timers, timer)
        return timer

    def call_later(self, seconds: float, action: Callable[..., object], *arguments: Any) -> Timer:
        """Call something in so many seconds."""
        return self.call_at(self._now + seconds, action, *arguments)

    def next(self) -> float | None:
        """When the next timer goes off."""
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        return self._timers[0].when if self._timers else None

    def advance(self, seconds: float) -> None:
        """Let time pass; timers go off in order, those of one time as they were set."""
        end = self._now + seconds
        while (when := self.next()) is not None and when <= end:
            timer = heapq.heappop(self._timers)
            self._now = max(self._now, when)
            timer.action(*timer.arguments)
        self._now = end
