"""The interface of search engines: begin, expand, confirm, result.

`SearchEngine.run` calls these in order. The engine decides how much one call of `expand` does.
Between two calls, progress is reported, and Ctrl-C ends the search with the counts so far.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from quorate.checker.results import Exploration, Finding, Outcome, from_the_start
from quorate.model.language.declare.sorts import Sizes


@dataclass(frozen=True)
class Progress:
    """The progress of a search, as a progress line shows it.

    `nearer` is how many states have a distance smaller than `depth`, where that is counted.
    """

    states: int
    waiting: int
    depth: int
    seconds: float
    disk: int = 0  # bytes, once the states no longer fit in the memory
    nearer: int | None = None


Report = Callable[[Progress], None]


class SearchEngine(ABC):
    """One search of one protocol at one size."""

    sizes: Sizes
    _started: float

    def run(self, report: Report | None = None) -> Exploration:
        """Search to the end, the first violation or undefined step, a limit, or Ctrl-C."""
        return from_the_start(lambda: self._run(report))

    def _run(self, report: Report | None) -> Exploration:
        self._started = time.perf_counter()
        with self.sizes:
            try:
                outcome = self.begin() or self._loop(report)
                return self.result(outcome, self.confirm(outcome))
            finally:
                self.close()

    def _loop(self, report: Report | None) -> Outcome:
        try:
            while True:
                outcome = self.expand()
                if report is not None:
                    report(self.progress())
                if outcome is not None:
                    return outcome
        except KeyboardInterrupt:
            return Outcome.INTERRUPTED

    @property
    def seconds(self) -> float:
        """How long the search has taken so far."""
        return time.perf_counter() - self._started

    @abstractmethod
    def begin(self) -> Outcome | None:
        """Add the initial states to those that wait; an outcome if the search ends with them."""

    @abstractmethod
    def expand(self) -> Outcome | None:
        """Expand some of the waiting states; an outcome if that ends the search."""

    @abstractmethod
    def progress(self) -> Progress:
        """How far the search is."""

    @abstractmethod
    def confirm(self, outcome: Outcome) -> Finding:
        """What CPython finds at the end of the path that the search found, if it found one.

        Raises ExplorationError if CPython finds nothing wrong.
        """

    @abstractmethod
    def result(self, outcome: Outcome, finding: Finding) -> Exploration:
        """The result of the search."""

    def close(self) -> None:  # noqa: B027 - most engines have nothing to release
        """Release threads, processes and files."""
