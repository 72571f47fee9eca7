"""Randomised exponential backoff, so that two proposers do not outbid each other forever."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random


@dataclass
class Backoff:
    """Delays that double up to a ceiling, each spread over half to all of itself.

    The generator is injected and kept as an object: a copied role copies its randomness,
    and a simulated one is repeatable.
    """

    random: Random = field(default_factory=Random)
    first_s: float = 0.2
    ceiling_s: float = 3.0

    def delay_s(self, attempt: int) -> float:
        """The delay before try number `attempt + 1`."""
        # The exponent is clamped: 2.0 ** 1024 would overflow long before the ceiling helps.
        whole = min(self.ceiling_s, self.first_s * 2.0 ** min(max(attempt - 1, 0), 30))
        return whole * (0.5 + 0.5 * self.random.random())
