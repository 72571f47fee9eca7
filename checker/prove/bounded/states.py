"""A second opinion on the states that an explorer found: Z3 checks each invariant in them.

The kernel evaluates invariants as machine code; here the same ground formula goes through a
translation and a solver that share nothing with code generation, and CPython settles the rest.
"""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import z3

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.explore.search.driver import FOUND
from quorate.checker.smt.cells import Cells
from quorate.checker.smt.effort import Budget
from quorate.checker.smt.formulas import disjunction, negation
from quorate.checker.smt.state_sets import StateSet
from quorate.checker.smt.translate import GroundTranslator
from quorate.model.language import StepError
from quorate.model.language.interpreter import State

from .inductive import is_true, verdict_of
from .results import DisagreementError, ObligationStatus, StateCheck
from .system import Ground, GroundProperty

MOST_STATES = 200_000
MOST_COUNTED = 50_000  # at most so many violations are counted by CPython


def check_states(
    explorer: Explorer, *, most: int = MOST_STATES, effort: float = 60.0
) -> list[StateCheck]:
    """For each invariant, whether a state that the explorer found violates it.

    Call it after `explorer.run()`. If there are more than `most` states, a sample is
    checked, spread evenly over the order of discovery with the first and the last; the result says
    so. `effort` bounds each question (see effort.py). Raises DisagreementError if an answer differs
    from that of the explorer or of CPython.
    """
    with explorer.sizes:
        return _StatesChecker(explorer, most, effort).run()


class _StatesChecker:
    def __init__(self, explorer: Explorer, most: int, effort: float) -> None:
        self.explorer = explorer
        self.ground = Ground(explorer.protocol, explorer.sizes, explorer.kernel.layout.determined)
        self.cells = Cells(self.ground.layout, "")
        store = explorer.store
        self.which = chosen_rows(store.count, most)
        self.complete = len(self.which) == store.count
        self.rows = store.states[: store.count * store.words].reshape(-1, store.words)[self.which]
        self.set = StateSet(self.rows)
        self.solver = z3.SolverFor("QF_FD", self.cells.context)
        self.effort = effort

    def run(self) -> list[StateCheck]:
        started = time.perf_counter()
        self.solver.add(self.set.formula(self.cells))
        spent = time.perf_counter() - started
        names = [p.name for p in self.explorer.description.invariants]
        checks = []
        for p in self.ground.properties(names):
            checks.append(self._check(p, spent))
            spent = 0.0  # the first check includes the time of building the set of states
        return checks

    def _check(self, p: GroundProperty, spent: float) -> StateCheck:
        started = time.perf_counter() - spent
        at = GroundTranslator(self.cells)
        bad = disjunction([negation(at.condition(p.holds)), at.condition(p.undefined)])
        budget = Budget(self.effort)
        self.solver.push()
        self.solver.add(bad)
        status, witness, violating = verdict_of(budget.check(self.solver)), None, 0
        if status is ObligationStatus.REFUTED:
            witness = self._witness(p)
            violating = self._count(p)
        self.solver.pop()
        if status is ObligationStatus.PROVED and p.name in self._violated_by_kernel():
            raise DisagreementError(f"{p.name}: the explorer finds it violated, Z3 does not")
        return StateCheck(
            invariant=p.name,
            status=status,
            states=len(self.rows),
            complete=self.complete,
            violating=violating,
            witness=witness,
            seconds=time.perf_counter() - started,
            clock=budget.clock,
        )

    def _violated_by_kernel(self) -> set[str]:
        """The invariants that are violated in the state that ended the search."""
        bits = int(self.explorer.control[FOUND])
        properties = self.explorer.description.properties
        return {p.name for i, p in enumerate(properties) if p.kind == "invariant" and bits >> i & 1}

    def _witness(self, p: GroundProperty) -> State:
        """The state that Z3 found: it must be an explored one, and a violation for CPython."""
        model = self.solver.model()
        words = self.cells.words(model)
        if self.explorer.store.find(words) < 0:
            raise DisagreementError(f"{p.name}: Z3 answers with a state that was never found")
        state = self.ground.state(words)
        undefined = is_true(model, GroundTranslator(self.cells).condition(p.undefined))
        if not undefined and self._satisfies(p, state):
            raise DisagreementError(f"{p.name}: violated for Z3, not for CPython, in {state!r}")
        return state

    def _satisfies(self, p: GroundProperty, state: State) -> bool:
        try:
            return self.ground.holds(p.name, state)
        except StepError:
            return False

    def _count(self, p: GroundProperty) -> int:
        """The number of states that violate the property for CPython, of the first so many.

        Z3 must find no other violation once these are excluded.
        """
        first = self.rows[:MOST_COUNTED]
        good = np.array([self._satisfies(p, self.ground.state(row)) for row in first])
        if len(first) == len(self.rows):
            solver = z3.SolverFor("QF_FD", self.cells.context)
            at = GroundTranslator(self.cells)
            solver.add(StateSet(first[good]).formula(self.cells))
            solver.add(negation(at.condition(p.holds)))
            solver.add(negation(at.condition(p.undefined)))
            if solver.check() != z3.unsat:
                raise DisagreementError(f"{p.name}: Z3 finds more violations than CPython")
        return int(len(first) - good.sum())


def chosen_rows(count: int, most: int) -> npt.NDArray[np.int64]:
    """The numbers of the rows to check: all, or `most` of them, spread evenly."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).astype(np.int64))
