"""Random sums, and the least and the greatest of many, as source."""

from __future__ import annotations

from .choices import Choices
from .types import BOOL, NUMBER, T, Var


class Many(Choices):
    """Writes `sum`, `min` and `max` over what is declared."""

    def over(self, t: T, d: int) -> str:
        """A comprehension of values of a type."""
        domain, var = self.iterable(d - 1)
        name = self.new("e")
        self.scope.append(Var(name, var.type, var.proper))
        text = f"{self.member(t, d - 1)} for {name} in {domain}"
        if self.chance(40):
            text += f" if {self.expr(BOOL, d - 1)}"
        self.scope.pop()
        return text

    def summed(self, d: int) -> str:
        """The sum of some numbers, few of them negative."""
        numbers = [c for c in self.cells if c.keys and c.type.kind in ("nat", "int")]
        numbers = [c for c in numbers if c.name not in self.hidden]
        if numbers and self.chance(60):
            found = f"sum(self.{numbers[0].name}.values())"
            return f"max(0, {found})" if numbers[0].type.kind == "int" else found
        return f"sum({self.over(NUMBER, d)})"

    def extreme(self, t: T, d: int) -> str:
        """The least or greatest of values of a type, mostly with a value for none."""
        word = self.r.choice(("min", "max"))
        given = f", default={self.literal(t, 0)}" if not self.chance(20) else ""
        alike = (t.kind, "nat" if t.kind == "number" else t.kind)
        whole = [c.name for c in self.readable(*alike) if c.keys and t.name in ("", c.type.name)]
        if t.ordered and whole and self.aside(30, "values"):
            return f"{word}(self.{whole[0]}.values(){given})"
        if t.ordered and self.chance(60):
            return f"{word}(({self.over(t, d)}){given})"
        name = self.new("z")
        of = self.over(t, d)
        self.scope.append(Var(name, t))
        by = self.r.choice([NUMBER, *(b for b in self.basic if b.ordered)])
        keys = self.expr(by, d - 1)
        if self.chance(30):
            keys = f"({keys}, {self.expr(NUMBER, d - 1)})"
        self.scope.pop()
        return f"{word}(({of}), key=lambda {name}: {keys}{given})"
