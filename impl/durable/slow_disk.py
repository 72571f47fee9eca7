"""A disk whose sync takes long, for as long as somebody asks for that."""

from __future__ import annotations

import time

from .failpoints import MID_WRITE, Passing


class SlowDisk:
    """Passes points, but waits for `delay_s` seconds before a transaction is synced.

    The whole node waits, as it does for a disk.
    """

    def __init__(self, passing: Passing) -> None:
        self.delay_s = 0.0
        self._passing = passing

    def __call__(self, point: str) -> None:
        if point == MID_WRITE and self.delay_s:
            time.sleep(self.delay_s)
        self._passing(point)
