"""Ctrl-C during a search with checkpoints: deferred until the search can be saved."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass


@dataclass
class Interrupt:
    """A context in which the first Ctrl-C, if `deferred`, is only recorded; a second one is not.

    `asked` says that there was one. The caller sets `safe` while it is between two steps.
    """

    deferred: bool
    asked: bool = False
    safe: bool = True

    def __enter__(self) -> Interrupt:
        self.deferred &= threading.current_thread() is threading.main_thread()
        if self.deferred:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, number: int, frame: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(self, *error: object) -> None:
        if self.deferred:
            signal.signal(signal.SIGINT, self._before)
