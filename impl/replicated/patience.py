"""How long a replica waits for a leader before it tries to lead: in ticks, by chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from quorate.impl.errors import ConfigError


@dataclass
class Patience:
    """How many ticks of silence a replica bears, drawn anew each time.

    The source is Ongaro and Ousterhout 2014, §5.2 and §9.3. The generator is injected and kept as
    an object: a copied role copies its randomness.
    """

    random: Random = field(default_factory=Random)
    shortest: int = 10
    longest: int = 20

    def __post_init__(self) -> None:
        if not 1 <= self.shortest <= self.longest:
            raise ConfigError(
                f"Election timeouts are from at least 1 tick up, "
                f"not from {self.shortest} to {self.longest}."
            )

    def ticks(self) -> int:
        """The next timeout."""
        return self.random.randint(self.shortest, self.longest)
