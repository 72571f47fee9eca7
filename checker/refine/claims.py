"""Proving claims: the hypotheses of each question, and the order of the questions."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from quorate.checker.prove.unbounded.logic import conj
from quorate.checker.prove.unbounded.obligations import Obligations
from quorate.checker.prove.unbounded.proof import is_safety

from .choices import AFTER
from .obligations import Claim, Deviation
from .prover import RefinementProver

MOST_FAILED = 5  # failed combinations that are reported; the search ends then


@dataclass
class ClaimChecker:
    """Proves claims, assuming the invariants that are `known`.

    `failed` are the combinations of deviations that could not be refuted, `used` the invariants
    that were needed. After the first failure only little effort is spent, to report more of them.
    """

    obligations: Obligations
    prover: RefinementProver
    known: list[str]
    failed: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    questions: int = 0

    def show(self, claim: Claim) -> None:
        """Refute every combination of deviations, first those that can be refuted alone."""
        remaining = [
            [w for w in alternative if not self._refuted(claim, [w], quick=True)]
            for alternative in claim.alternatives
        ]
        for row in itertools.product(*remaining):
            if len(self.failed) == MOST_FAILED:
                return
            wrong = list(row)
            if len(wrong) > 1 and self._refuted(claim, wrong, quick=True):
                continue
            whole = [[*wrong, change] for change in claim.changes] or [wrong]
            if not all(self._refuted(claim, one) for one in whole):
                self.failed.append("; ".join(dict.fromkeys(w.what for w in wrong)))

    def _refuted(self, claim: Claim, wrong: list[Deviation], quick: bool = False) -> bool:
        """Whether no step of the action has all these deviations."""
        self.questions += 1
        formula = conj([claim.premise, *(w.formula for w in wrong)])
        given = {n: f for w in wrong for n, f in w.given.items()}
        before = self.obligations.assumed(self.known) if claim.action is not None else {}
        after = {f"{n}{AFTER}": f for n, f in claim.after.items() if n in self.known}
        safe = {n: f for n, f in after.items() if is_safety(n.removesuffix(AFTER))}
        tried = [{**given, **more} for more in ({}, safe, before, {**before, **safe})]
        quick = quick or bool(self.failed)
        used = self.prover.refuted(formula, *tried, quick=quick)
        if used is None and not quick:
            used = self.prover.searched(conj([formula, *given.values()]), before)
        self.used |= {n.removesuffix(AFTER) for n in used or ()}
        return used is not None
