"""What one process of the code runs on: a clock that stands still, and its own random numbers."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .clock import Clock

_running = threading.local()


class Host:
    """One process's time and chance. Code that is called within `entered` sees these alone.

    Random numbers depend on the seed, so that the same steps give the same run.
    """

    def __init__(self, clock: Clock | None = None, seed: int = 0) -> None:
        self.clock, self.random = clock or Clock(), random.Random(seed)
        self.name = ""
        """Of the process, as `Processes` has it."""
        self.net: Any = None
        """The `Net` that its sockets are on, if there is one."""
        self.at_close: list[Callable[[], object]] = []

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Call the code within this, where it is called directly."""
        before = current()
        _running.host = self
        try:
            yield
        finally:
            _running.host = before

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call the code, and run all that follows; what it returned, None if it still waits."""
        with self.entered():
            result = function(*args)
        self.pump()
        return result

    def pump(self) -> None:
        """Run until nothing is left to do."""

    def advance(self, seconds: float) -> None:
        """Let time pass, running what becomes ready at each time before it goes on."""
        end = self.clock.time() + seconds
        self.pump()
        while (when := self.clock.next()) is not None and when <= end:
            with self.entered():
                self.clock.advance(max(0.0, when - self.clock.time()))
            self.pump()
        self.clock.advance(end - self.clock.time())

    def expire(self) -> bool:
        """Let time pass until the next timer goes off; False if there is none."""
        if (when := self.clock.next()) is None:
            return False
        self.advance(max(0.0, when - self.clock.time()))
        return True

    def close(self) -> None:
        """End what runs here, and tell whoever asked for it."""
        for call in self.at_close:
            call()


def current() -> Host | None:
    """What the code that asks runs on; None outside of any."""
    return getattr(_running, "host", None)
