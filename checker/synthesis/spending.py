"""How much a search for lemmas has done. It is counted, so how busy the machine is changes nothing.

One unit of effort is about a second of an idle machine, as in `smt/effort.py`, where the clock is a
backstop too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from quorate.checker.smt.effort import backstop

from .induction import InductionChecker

# What one unit buys of each: candidates tried, prefixes looked at, obligations asked in proofs.
TRIED, LOOKS, ASKED = 2_000, 100, 20


class SpentError(Exception):
    """The effort is used up, or the clock has ended the search; its text says which."""


@dataclass
class Spending:
    """What was done so far, of so much effort."""

    effort: float
    looks: int = 0
    asked: int = 0
    _solver: InductionChecker | None = None
    _earlier: float = 0.0  # what solvers that are gone have spent

    def __post_init__(self) -> None:
        self._started = time.perf_counter()

    def follow(self, solver: InductionChecker) -> None:
        """Count what this solver spends from now on, instead of the one before."""
        self._earlier += self._solver.spent if self._solver is not None else 0.0
        self._solver = solver

    def spent(self, tried: int) -> float:
        """The effort so far, with so many candidates tried."""
        solver = self._solver.spent if self._solver is not None else 0.0
        counted = tried / TRIED + self.looks / LOOKS + self.asked / ASKED
        return counted + self._earlier + solver

    def check(self, tried: int) -> None:
        """Raises SpentError where nothing is left."""
        if self.spent(tried) > self.effort:
            raise SpentError(f"the effort of {self.effort:g} is used up")
        if time.perf_counter() - self._started > backstop(self.effort):
            raise SpentError("the clock ended it, long after it should have ended by itself")
