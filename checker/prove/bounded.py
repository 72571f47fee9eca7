"""Bounded model checking: is there a run of at most k steps to a state that violates?

Biere, Cimatti, Clarke, Zhu: Symbolic Model Checking without BDDs (TACAS 1999), one depth after
the other, so that the first violation found is a shortest one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import z3

from quorate.model.language import StepError
from quorate.model.language.protocol import Protocol
from quorate.model.language.run import State
from quorate.model.language.sorts import Sizes

from .cells import Cells
from .formulas import Formula, Substitution, Variable, disjunction, negation, term
from .ground import Ground, Property, Step
from .statesets import StateSet
from .transition import Transition
from .verdicts import Bounded, BoundedOutcome, DisagreementError, Move


@dataclass(frozen=True)
class Depth:
    """How far a bounded check is: no violation in at most `depth` steps."""

    depth: int
    seconds: float


Report = Callable[[Depth], None]


def bounded(
    protocol: type[Protocol],
    sizes: Sizes,
    depth: int,
    properties: Sequence[str] | None = None,
    report: Report | None = None,
    *,
    timeout: float | None = None,
) -> Bounded:
    """Look for a run of at most `depth` steps to a violation of an invariant (any, by default).

    `timeout` bounds the whole check, in seconds. Raises SizeError; StepError where a step makes no
    sense; DisagreementError if CPython does not confirm the run that Z3 finds.
    """
    with sizes:
        return _Search(Ground(protocol, sizes), properties, timeout).run(depth, report)


class _Search:
    def __init__(
        self, ground: Ground, properties: Sequence[str] | None, timeout: float | None
    ) -> None:
        self.started = time.perf_counter()
        self.ground, self.timeout = ground, timeout
        self.properties: list[Property] = ground.properties(properties)
        self.transition = Transition(ground)
        self.template = self.transition.before
        self.initial = ground.initial()
        self.solver = z3.SolverFor("QF_FD")
        self.moments: list[Cells] = []
        self.bad = self._bad()
        self.unordered = self.transition.unordered()
        self.selectors: list[Variable] = []

    def _bad(self) -> list[Formula]:
        """Where an invariant is violated or makes no sense; where a step makes none."""
        at = self.transition.translator
        wrong = [
            disjunction([negation(at.condition(p.holds)), at.condition(p.senseless)])
            for p in self.properties
        ]
        return [p for p in (*wrong, self.transition.senseless) if p is not False]

    def run(self, depth: int, report: Report | None) -> Bounded:
        self._begin()
        for k in range(depth + 1):
            answer = self._check(k)
            if answer == z3.sat:
                return self._violated(self.solver.model())
            if answer != z3.unsat:
                return self._result(BoundedOutcome.UNKNOWN, k - 1)
            if report is not None:
                report(Depth(k, time.perf_counter() - self.started))
            if k < depth:
                self._step(k)
        return self._result(BoundedOutcome.NONE_WITHIN, depth)

    def _begin(self) -> None:
        cells = self._moment(0)
        packed = [self.ground.packing.pack(s) for s in self.initial]
        self.solver.add(term(StateSet(packed).formula(cells)))

    def _moment(self, k: int) -> Cells:
        self.moments.append(Cells(self.ground.layout, f"@{k} "))
        return self.moments[-1]

    def _check(self, k: int) -> object:
        """Whether moment k can be bad. One question per invariant: each is then one lemma more."""
        rename = Substitution(self.template.variables, self.moments[k].variables)
        for bad in map(rename, self.bad):
            if self.timeout is not None:
                left = self.timeout - (time.perf_counter() - self.started)
                if left <= 0:
                    return z3.unknown
                self.solver.set("timeout", max(1, int(1000 * left)))
            self.solver.push()
            self.solver.add(term(bad))
            if (answer := self.solver.check()) != z3.unsat:
                return answer
            self.solver.pop()
            self.solver.add(term(negation(bad)))
        return z3.unsat

    def _step(self, k: int) -> None:
        """Take one step from moment k, of any kind."""
        old, new = self.moments[k], self._moment(k + 1)
        t = self.transition
        selectors = [z3.Bool(f"@{k} {s}") for s in t.selectors]
        rename = Substitution(
            [*t.before.variables, *t.after.variables, *t.selectors],
            [*old.variables, *new.variables, *selectors],
        )
        self.solver.add(term(rename(t.formula)), term(rename(t.changes)))
        last, self.selectors = self.selectors, selectors
        if last:
            for i, j in self.unordered:
                self.solver.add(disjunction([negation(last[i]), negation(selectors[j])]))

    # ------------------------------------------------------------ counterexamples

    def _violated(self, model: object) -> Bounded:
        states = [self.ground.state(cells.words(model)) for cells in self.moments]
        if states[0] not in self.initial:
            raise DisagreementError(f"Z3 starts from {states[0]!r}, which is not initial")
        moves = tuple(self.ground.move(a, None, b) for a, b in pairwise(states))
        name = self.ground.violated(states[-1], self.properties)
        if name is None:
            self._explain_senseless(states[-1], model)
        return self._result(BoundedOutcome.VIOLATED, len(moves), name, states[0], moves)

    def _explain_senseless(self, state: State, model: object) -> None:
        """What has no value here, by CPython; by the description where CPython never looks."""
        for _ in self.ground.machine.successors(state):
            pass
        rename = Substitution(self.template.variables, self.moments[-1].variables)
        at = self.transition.translator
        parts: list[Property | Step] = [*self.properties, *self.transition.steps]
        for part in parts:
            for reason in part.reasons:
                here = rename(at.condition(reason.when))
                if z3.is_true(model.eval(term(here), model_completion=True)):  # type: ignore[attr-defined]
                    raise StepError(f"{reason.span}: {reason.what}, in {state!r}")
        raise DisagreementError(f"Z3 finds a violation in {state!r}, CPython does not")

    def _result(
        self,
        outcome: BoundedOutcome,
        depth: int,
        violated: str | None = None,
        initial: State | None = None,
        path: tuple[Move, ...] = (),
    ) -> Bounded:
        return Bounded(
            outcome=outcome,
            depth=depth,
            invariants=tuple(p.name for p in self.properties),
            violated=violated,
            initial=initial,
            path=path,
            seconds=time.perf_counter() - self.started,
        )
