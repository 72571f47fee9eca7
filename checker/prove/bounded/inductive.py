"""The inductive check of a finite instance: does every step preserve the invariants?

Floyd: Assigning Meanings to Programs (1967). For every action and every invariant:
from any state that satisfies all invariants, reachable or not, each step leads to a state that
satisfies this one. A step that does not is a counterexample to induction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import z3

from quorate.checker.ground.packed_states import rows_of
from quorate.checker.smt.effort import Budget, limit
from quorate.checker.smt.formulas import (
    Formula,
    Substitution,
    conjunction,
    disjunction,
    negation,
    term,
)
from quorate.checker.smt.state_sets import StateSet
from quorate.model.language import StepError
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.interpreter import State

from .results import (
    CounterexampleToInduction,
    DisagreementError,
    FiniteObligation,
    InductiveCheck,
    ObligationStatus,
)
from .smallest import smallest
from .system import Ground, GroundProperty, GroundStep
from .transition import Transition, digit

Report = Callable[[FiniteObligation], None]


def inductive(
    protocol: type[Protocol],
    sizes: Sizes,
    properties: Sequence[str] | None = None,
    report: Report | None = None,
    *,
    effort: float = 60.0,
    shrinking: float = 2.0,
) -> InductiveCheck:
    """Check that these invariants (by default all) are inductive at these sizes.

    `effort` bounds each obligation and `shrinking` the search for a small counterexample of each
    (see effort.py). Raises SizeError; DisagreementError if CPython does not confirm what is found.
    """
    with sizes:
        ground = Ground(protocol, sizes)
        return _InductiveChecker(ground, properties, effort, shrinking).run(report)


class _InductiveChecker:
    def __init__(
        self, ground: Ground, names: Sequence[str] | None, effort: float, shrinking: float
    ) -> None:
        self.started = time.perf_counter()
        self.ground, self.shrinking = ground, shrinking
        self.properties: list[GroundProperty] = ground.properties(names)
        self.transition = t = Transition(ground)
        at = t.translator
        self.holds = {p.name: at.condition(p.holds) for p in self.properties}
        self.undefined = {p.name: at.condition(p.undefined) for p in self.properties}
        self.solver = z3.SolverFor("QF_FD", self.transition.context)
        self.effort = effort

    def run(self, report: Report | None) -> InductiveCheck:
        found: list[FiniteObligation] = []
        for obligation in self._obligations():
            found.append(obligation)
            if report is not None:
                report(obligation)
        return InductiveCheck(
            sizes=str(self.ground.sizes),
            invariants=tuple(p.name for p in self.properties),
            obligations=tuple(found),
            seconds=time.perf_counter() - self.started,
        )

    def _obligations(self) -> Iterator[FiniteObligation]:
        for p in self.properties:
            yield self._initially(p)
        self._assume()
        for r in self.ground.others():
            if (undefined := self.transition.translator.condition(r.undefined)) is not False:
                yield self._obligation(r.name, None, undefined)
        for action in self.ground.description.actions:
            yield self._defined(action.name)
            for p in self.properties:
                yield self._preserved(action.name, p)

    # ------------------------------------------------------------ the initial states

    def _initially(self, p: GroundProperty) -> FiniteObligation:
        started, cells = time.perf_counter(), self.transition.before
        initial = self.ground.initial()
        here = StateSet(rows_of(self.ground.packing, initial)).formula(cells)
        solver = z3.SolverFor("QF_FD", self.transition.context)
        limit(solver, self.effort)
        bad = disjunction([negation(self.holds[p.name]), self.undefined[p.name]])
        solver.add(here, bad)
        status, found = verdict_of(solver.check()), None
        if status is ObligationStatus.REFUTED:
            model = solver.model()
            state = self.ground.state(cells.words(model))
            undefined = is_true(model, self.undefined[p.name])
            if state not in initial or (not undefined and self._satisfies(p, state)):
                raise DisagreementError(f"{p.name}: Z3 refutes it in {state!r}, CPython does not")
            found = CounterexampleToInduction(state, None, p.name)
        elif status is ObligationStatus.PROVED:
            for state in initial:
                if not self._satisfies(p, state):
                    raise DisagreementError(f"{p.name}: violated in {state!r}, not for Z3")
        return FiniteObligation(None, p.name, status, found, time.perf_counter() - started)

    def _satisfies(self, p: GroundProperty, state: State) -> bool:
        """Whether the invariant is true for CPython; an undefined one is not."""
        try:
            return self.ground.holds(p.name, state)
        except StepError:
            return False

    # ------------------------------------------------------------ steps

    def _assume(self) -> None:
        """Assume a well-formed state that satisfies all invariants."""
        t = self.transition
        self.solver.add(
            *t.before.ranges(),
            t.translator.condition(self.ground.well_formed()),
            *self.holds.values(),
            *map(negation, self.undefined.values()),
        )

    def _defined(self, action: str) -> FiniteObligation:
        at = self.transition.translator
        wrong = disjunction(at.condition(s.undefined) for s in self._steps(action))
        return self._obligation(action, None, wrong)

    def _preserved(self, action: str, p: GroundProperty) -> FiniteObligation:
        return self._obligation(action, p, self._broken(action, p))

    def _steps(self, action: str) -> list[GroundStep]:
        return [s for s in self.transition.steps if s.action == action]

    def _broken(self, action: str, p: GroundProperty) -> Formula:
        """That a step of the action that is defined leads to a violation of the invariant.

        The state after is expressed by the state before. So there are no frame axioms, and what a
        step does not change folds away.
        """
        at = self.transition.translator
        bad = disjunction([negation(self.holds[p.name]), self.undefined[p.name]])
        return disjunction(
            conjunction(
                [
                    at.condition(step.enabled),
                    negation(at.condition(step.undefined)),
                    self._after(step)(bad),
                ]
            )
            for step in self._steps(action)
        )

    def _after(self, step: GroundStep) -> Substitution:
        """Substitutes what a step stores for the cells that it stores to."""
        t = self.transition
        old: list[Formula] = []
        new: list[Formula] = []
        for place, value in t.stored(step).items():
            old += t.before.bits(*place)
            new += [term(digit(value, k), t.context) for k in range(place[0].bits)]
        return Substitution(old, new)

    def _obligation(
        self, action: str, p: GroundProperty | None, wrong: Formula
    ) -> FiniteObligation:
        started = time.perf_counter()
        self.solver.push()
        self.solver.add(wrong)
        budget = Budget(self.effort)
        status, found = verdict_of(budget.check(self.solver)), None
        if status is ObligationStatus.REFUTED:
            cells = self.transition.before
            words = smallest(self.solver, cells, self.ground, self.shrinking)
            found = self._confirmed(self.ground.state(words), action, p)
        self.solver.pop()
        name = None if p is None else p.name
        spent = time.perf_counter() - started
        return FiniteObligation(
            action, name, status, found, spent, self.effort - budget.left, budget.clock
        )

    # ------------------------------------------------------------ CPython has the last word

    def _confirmed(
        self, state: State, action: str, p: GroundProperty | None
    ) -> CounterexampleToInduction:
        """The counterexample as CPython runs it. Raises DisagreementError."""
        for q in self.properties:
            if not self._satisfies(q, state):
                raise DisagreementError(f"{q.name}: true for Z3, not for CPython, in {state!r}")
        if p is None and action in {r.name for r in self.ground.description.reachables}:
            return CounterexampleToInduction(state, None, self._undefined(state, action))
        for move, error in self.ground.steps_of(state, action):
            if move is None:
                if p is None:
                    return CounterexampleToInduction(state, None, error)
            elif p is not None and not self._satisfies(p, move.state):
                return CounterexampleToInduction(state, move, p.name)
        return self._stricter(state, action, p)

    def _undefined(self, state: State, reachable: str) -> str:
        """Why a reachable predicate is undefined here, if it is so for CPython."""
        try:
            self.ground.holds(reachable, state)
        except StepError as error:
            return error.short
        return f"{reachable} is undefined"

    def _stricter(
        self, state: State, action: str, p: GroundProperty | None
    ) -> CounterexampleToInduction:
        """A counterexample that is undefined by the description, where CPython evaluates less."""
        if p is None:
            return CounterexampleToInduction(state, None, f"{action} is undefined")
        for move, _ in self.ground.steps_of(state, action):
            if move is not None and self._is_undefined(p, move.state):
                return CounterexampleToInduction(state, move, p.name)
        raise DisagreementError(
            f"{action} / {p.name}: Z3 finds a step from {state!r} to a violation, CPython does not"
        )

    def _is_undefined(self, p: GroundProperty, state: State) -> bool:
        solver = z3.SolverFor("QF_FD", self.transition.context)
        here = StateSet([self.ground.packing.pack(state)]).formula(self.transition.before)
        solver.add(here, self.undefined[p.name])
        return bool(solver.check() == z3.sat)


def is_true(model: z3.ModelRef, p: Formula) -> bool:
    """Whether a formula holds in a model."""
    return bool(z3.is_true(model.eval(term(p, model.ctx), model_completion=True)))


def verdict_of(answer: object) -> ObligationStatus:
    """The status that Z3's answer to "is there a counterexample?" means."""
    if answer == z3.unsat:
        return ObligationStatus.PROVED
    return ObligationStatus.REFUTED if answer == z3.sat else ObligationStatus.UNKNOWN
