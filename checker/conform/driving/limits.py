"""Until when differences are repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

TIME_WAS_UP = "time was up (--seconds)"


@dataclass(frozen=True)
class Limits:
    """Whether time is up: for what says more of a difference, and for all that is done on the code.

    The first is up before the second, so that a run can be repeated however it was shortened.
    """

    enough: Callable[[], bool]
    over: Callable[[], bool]


NO_TIME = Limits(lambda: True, lambda: True)
