"""Random expressions that ask which actions are enabled, and changes in place, as source."""

from __future__ import annotations

from dataclasses import dataclass, field

from .expressions import Expressions
from .types import BOOL, Cell, T


@dataclass
class Asking(Expressions):
    """Asks, in guards, effects and properties, about an action that was written before."""

    asks: bool = False
    targets: list[tuple[str, tuple[T, ...]]] = field(default_factory=list)

    def can_be_asked(self, name: str) -> None:
        """An action was written, whose parameters are in scope."""
        types = tuple(v.type for v in self.scope if v.text.startswith("p") and v.proper)
        kinds = {t.kind for t in types}
        in_order = "fifo" in self.network and "message" in kinds
        if self.asks and "quorum" not in kinds and not in_order:
            self.targets.append((name, types))

    def expr(self, t: T, depth: int) -> str:
        """A random expression; one condition of eight asks."""
        if t == BOOL and depth > 0 and not self.hidden and self.targets and self.chance(12):
            name, types = self.r.choice(self.targets)
            given = [self.expr(p, 0) for p in types]
            return f"enabled({', '.join([f'self.{name}', *given])})"
        return super().expr(t, depth)

    def in_place(self) -> tuple[str, str] | None:
        """The name of a cell and `self.x[k] += e`, if a number or a set is to be changed so."""
        cells = self.readable("set", "nat")
        if self.aside(30, "parts") and (found := self._part_in_place()) is not None:
            return found
        if not cells or (self.chance(50) if self.asks else not self.aside(15, "in place")):
            return None
        c = self.r.choice(cells)
        sign = self.r.choice("|&-" if c.type.kind == "set" else "+-*")
        return c.name, f"{self.read(c)} {sign}= {self.expr(c.type, 2)}\n"

    def _part_in_place(self) -> tuple[str, str] | None:
        """The same where a sequence gets longer, or a number in a record changes."""
        rows = [c for c in self.readable("seq", "record") if c.type.kind == "seq" or _number(c)]
        if not rows:
            return None
        c = self.apart("part").choice(rows)
        if c.type.kind == "seq":
            return c.name, f"{self.read(c)} += ({self.expr(c.type.parts[0], 1)},)\n"
        return c.name, f"{self.read(c)}.{_number(c)} {self.r.choice('+-')}= 1\n"


def _number(c: Cell) -> str:
    """A field of the records in a cell that holds a number, if there is one."""
    return next((name for name, t in c.type.fields if t.kind == "nat"), "")
