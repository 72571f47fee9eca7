"""Random small protocols that begin in many states: `@init` with maps and sets, as source."""

from __future__ import annotations

from random import Random

from .protocols import Maker
from .types import BOOL, Source, T, Var


def generate_start(random: Random) -> Source:
    """One random protocol whose `@init` takes a map, a set, or both."""
    return StartMaker(random).make()


class StartMaker(Maker):
    """Writes one protocol, and then where it begins."""

    def make(self) -> Source:
        source = super().make()
        self._begin()
        return Source("".join(self.lines), source.sizes, source.faults)

    def _begin(self) -> None:
        self.hidden = set()
        proc, value = self.basic[0], self.r.choice([BOOL, *self.basic])
        given = self._parameters(self.some(self.basic, 0, 1))
        if self.chance(70):
            given += f", f: {T('map', parts=(proc, value))}"
            self.scope += [Var("f[proc0]", value)] * 3
        if not given or self.chance(50):
            given += f", s: Set[{proc}]"
            self.scope += [Var("s", T("set", parts=(proc,)))] * 3
        self.lines.append(f"    @init\n    def begin(self{given}) -> None:\n")
        for _ in range(self.r.choice((0, 1, 1, 2, 3))):
            test = self.expr(BOOL, 2)
            if " f: " in given and self.chance(50):
                test = f"all(f[q] == f[proc0] or {test} for q in Proc)"
            self.lines.append(f"        require({test})\n")
        for _ in range(self.r.randint(1, 2)):
            self._effect("        ", loops=True)
