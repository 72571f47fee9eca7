"""Random small protocols that ask which actions are enabled, and write `+=`, as source."""

from __future__ import annotations

from random import Random

from .protocols import Maker
from .types import BOOL, Source, T


def generate_asking(random: Random) -> Source:
    """One random protocol that asks, in guards, effects and properties, and changes in place."""
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

    def _write(self, indent: str) -> None:
        """Write a cell; of a number or a set often in place."""
        cells = [
            c for c in self.cells if c.type.kind in ("set", "nat") and c.name not in self.hidden
        ]
        if not cells or self.chance(50):
            super()._write(indent)
            return
        c = self.r.choice(cells)
        keys = f"[{', '.join(self.key(k) for k in c.keys)}]" if c.keys else ""
        sign = self.r.choice("|&-" if c.type.kind == "set" else "+-*")
        self.lines.append(f"{indent}self.{c.name}{keys} {sign}= {self.expr(c.type, 2)}\n")
        self._wrote(c.name)
