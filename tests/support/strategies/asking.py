"""Random small protocols that ask which of their actions are enabled, as source."""

from __future__ import annotations

from random import Random

from .protocols import Maker
from .types import BOOL, Source, T


def generate_asking(random: Random) -> Source:
    """One random protocol that asks, in guards, effects and properties."""
    return AskingMaker(random).make()


class AskingMaker(Maker):
    """Writes one protocol; what is asked about is an action written before."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.targets: list[tuple[str, tuple[T, ...]]] = []

    def _action(self, name: str, kind: str) -> None:
        super()._action(name, kind)
        types = tuple(v.type for v in self.scope if v.text.startswith("p") and v.proper)
        if kind == "action" and not any(t.kind == "quorum" for t in types):
            self.targets.append((name, types))

    def expr(self, t: T, depth: int) -> str:
        """A random expression; one condition of eight asks."""
        if t == BOOL and depth > 0 and not self.hidden and self.targets and self.chance(12):
            name, types = self.r.choice(self.targets)
            given = [self.expr(p, 0) for p in types]
            return f"enabled({', '.join([f'self.{name}', *given])})"
        return super().expr(t, depth)
