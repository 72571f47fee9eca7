"""Random small protocols with fairness and properties of runs, as source."""

from __future__ import annotations

import re
from random import Random

from .protocols import Maker
from .types import BOOL, Source

KINDS = ("eventually", "always_eventually", "eventually_always", "leads_to", "step_property")


def generate_runs(random: Random) -> Source:
    """One random protocol that says something about its runs."""
    return RunMaker(random).make()


class RunMaker(Maker):
    """Writes one protocol, and then on."""

    def _and_more(self) -> None:
        for i in range(self.r.randint(1, 4)):
            self._temporal(f"run{i}", self.r.choice(KINDS))

    def finished(self, text: str) -> str:
        """With fairness, of which what is declared another way says no more."""
        action = r"    @action\n    def (\w+)\(self((?:, \w+: \w+)*)\)"
        return super().finished(re.sub(action, self._fair, text))

    def _temporal(self, name: str, kind: str) -> None:
        self.hidden = set()
        parameters = self._parameters(self.some(self.basic, 0, 1))
        old = ', old: "Proto"' if kind == "step_property" else ""
        self.lines.append(f"    @{kind}\n    def {name}(self{old}{parameters}):\n")
        if self.chance(20):
            self._locals()
        text = self.expr(BOOL, 2)
        if kind == "leads_to":
            text = f"{text}, {self.expr(BOOL, 2)}"
        if kind == "step_property":
            before = re.sub(r"\bself\.", lambda m: self.r.choice(("self.", "old.")), text)
            text = f"{before} or {self.expr(BOOL, 1)}"
        self.lines.append(f"        return {text}\n")

    def _fair(self, found: re.Match[str]) -> str:
        """An action, perhaps with fairness."""
        name, given = found[1], found[2]
        messages = {m.name for m in self.messages}
        pairs = [p.split(": ") for p in given.split(", ")[1:]]
        known = [n for n, t in pairs if t not in messages]
        how = self.r.choice(("", "weak", "weak", "strong"))
        each = self.some(known, 0, 1) if how else []
        marks = f"(fair={how!r}{f', fair_for={tuple(each)!r}' if each else ''})" if how else ""
        return f"    @action{marks}\n    def {name}(self{given})"
