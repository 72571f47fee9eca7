"""What every search engine is: it begins, expands, confirms what it found, and gives its result.

`SearchEngine.run` takes an engine through these steps. An engine says how far one call of `expand`
goes: between two calls its progress is told, and Ctrl-C ends the search with what was counted.
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
    """How far a search is: what a progress line shows."""

    states: int
    waiting: int
    depth: int
    seconds: float
    disk: int = 0  # bytes, once the states no longer fit in the memory


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
        """Let the initial states wait; an outcome if the search ends with them."""

    @abstractmethod
    def expand(self) -> Outcome | None:
        """Expand some of the states that wait; an outcome if that ends the search."""

    @abstractmethod
    def progress(self) -> Progress:
        """How far the search is."""

    @abstractmethod
    def confirm(self, outcome: Outcome) -> Finding:
        """What CPython finds at the end of the path to where the search ended, if it found a path.

        Raises ExplorationError where CPython finds nothing wrong.
        """

    @abstractmethod
    def result(self, outcome: Outcome, finding: Finding) -> Exploration:
        """All that the search found."""

    def close(self) -> None:  # noqa: B027 - most engines have nothing to give back
        """Give back threads, processes and files."""
