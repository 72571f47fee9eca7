"""Random `@init`s with maps and sets, as source."""

from __future__ import annotations

from .expressions import Expressions
from .types import BOOL, T, Var


class Starts(Expressions):
    """Says in which states a protocol begins."""

    def beginning(self, given: str) -> str:
        """The parameters of an `@init`, these and a map, a set, or both, and its guards."""
        proc, value = self.basic[0], self.r.choice([BOOL, *self.basic])
        if self.chance(70):
            given += f", f: {T('map', parts=(proc, value))}"
            self.scope += [Var("f[proc0]", value)] * 3
        if not given or self.chance(50):
            given += f", s: Set[{proc}]"
            self.scope += [Var("s", T("set", parts=(proc,)))] * 3
        lines = [f"    @init\n    def begin(self{given}) -> None:\n"]
        for _ in range(self.r.choice((0, 1, 1, 2, 3))):
            test = self.expr(BOOL, 2)
            if " f: " in given and self.chance(50):
                test = f"all(f[q] == f[proc0] or {test} for q in Proc)"
            lines.append(f"        require({test})\n")
        return "".join(lines)
