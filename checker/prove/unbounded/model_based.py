"""A query without triggers: Z3 looks for models of its universals.

That finds what triggered instances do not reach, such as a quorum for each proposal (Ge, de Moura:
Complete Instantiation for Quantified Formulas in Satisfiability Modulo Theories, CAV 2009). It
takes few hypotheses, so small sets of them are tried.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import z3

from quorate.checker.smt.effort import Budget

from .isolated import IsolatedSolver
from .logic import And, Exists, ForAll, Formula, Or, plain
from .results import Answer

EFFORT, LITTLE = 2.5, 0.5  # with one set of hypotheses; with all of them
MOST = 2  # hypotheses, beside those that are always there


class ModelBasedProver:
    """Asks Z3 by models, with the axioms of one signature."""

    def __init__(self, axioms: Iterable[Formula], seed: int) -> None:
        self.axioms, self.seed = [written(f) for f in axioms], seed

    def refuted(
        self,
        hypotheses: Mapping[str, Formula],
        query: Formula,
        own: Sequence[str],
        budget: Budget,
    ) -> tuple[Answer, set[str]]:
        """Proved, by at most two hypotheses and its `own`; else with all of them.

        Not proved is final: there is a model of the query and of everything that is given, so no
        choice of instances refutes them.
        """
        solver = IsolatedSolver(z3.Solver)
        solver.set("random_seed", self.seed)
        solver.add(*self.axioms, written(query))
        texts = {n: written(f) for n, f in hypotheses.items()}
        if self._check(solver, texts.values(), budget, LITTLE) == z3.sat:
            return Answer.NOT_PROVED, set(hypotheses)
        fixed = [n for n in own if n in texts]
        others = [n for n in reversed(texts) if n not in fixed]
        for size in range(MOST + 1):
            for chosen in itertools.combinations(others, size):
                names = [*fixed, *chosen]
                if self._check(solver, [texts[n] for n in names], budget, EFFORT) == z3.unsat:
                    return Answer.PROVED, set(names)
                if budget.over:
                    return Answer.UNKNOWN, set(hypotheses)
        return Answer.UNKNOWN, set(hypotheses)

    def _check(self, solver: Any, given: Iterable[Any], budget: Budget, effort: float) -> Any:
        solver.push()
        solver.add(*given)
        found = budget.check(solver, most=effort)
        solver.pop()
        return found


def written(f: Formula) -> Any:
    """A formula for Z3, without triggers."""
    match f:
        case And(parts):
            return z3.And(*map(written, parts))
        case Or(parts):
            return z3.Or(*map(written, parts))
        case ForAll(variables, body):
            return z3.ForAll(list(variables), written(body))
        case Exists(variables, body):
            return z3.Exists(list(variables), written(body))
    return plain(f)
