"""Random small protocols with constraints of the search, as source."""

from __future__ import annotations

from random import Random

from .protocols import Maker
from .types import Source


def generate_constrained(random: Random) -> Source:
    """One random protocol with one or two constraints."""
    return ConstrainedMaker(random).make()


class ConstrainedMaker(Maker):
    """Writes one protocol, and then bounds the search for it."""

    def make(self) -> Source:
        source = super().make()
        for i in range(self.r.choice((1, 1, 2))):
            self._property(f"bound{i}", "constraint")
        return Source("".join(self.lines), source.sizes, source.faults)
