"""The inductive check of a finite instance: do the invariants carry themselves from step to step?

Floyd: Assigning Meanings to Programs (1967). For every action and every invariant: from any state
that satisfies all invariants, reachable or not, a step leads to a state that satisfies this one.
Where it does not, the pair of states is a counterexample to induction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import z3

from quorate.model.language import StepError
from quorate.model.language.protocol import Protocol
from quorate.model.language.run import State
from quorate.model.language.sorts import Sizes

from .formulas import Formula, Substitution, conjunction, disjunction, negation, term
from .ground import Ground, Property, Step
from .smallest import smallest
from .statesets import StateSet
from .transition import Transition, digit
from .verdicts import Counterexample, DisagreementError, Inductive, Move, Obligation, Verdict

Report = Callable[[Obligation], None]


def inductive(
    protocol: type[Protocol],
    sizes: Sizes,
    properties: Sequence[str] | None = None,
    report: Report | None = None,
    *,
    timeout: float = 60.0,
    shrinking: float = 2.0,
) -> Inductive:
    """Check that these invariants (all, by default) are inductive at these sizes.

    `timeout` bounds each obligation and `shrinking` the search for a small counterexample of each,
    in seconds. Raises SizeError; DisagreementError if CPython does not confirm a counterexample.
    """
    with sizes:
        ground = Ground(protocol, sizes)
        return _Check(ground, properties, timeout, shrinking).run(report)


class _Check:
    def __init__(
        self, ground: Ground, names: Sequence[str] | None, timeout: float, shrinking: float
    ) -> None:
        self.started = time.perf_counter()
        self.ground, self.shrinking = ground, shrinking
        self.properties: list[Property] = ground.properties(names)
        self.transition = t = Transition(ground)
        at = t.translator
        self.good = {
            p.name: conjunction([at.condition(p.holds), negation(at.condition(p.senseless))])
            for p in self.properties
        }
        self.solver = z3.SolverFor("QF_FD")
        self.milliseconds = max(1, int(1000 * timeout))
        self.solver.set("timeout", self.milliseconds)

    def run(self, report: Report | None) -> Inductive:
        found: list[Obligation] = []
        for obligation in self._obligations():
            found.append(obligation)
            if report is not None:
                report(obligation)
        return Inductive(
            sizes=str(self.ground.sizes),
            invariants=tuple(p.name for p in self.properties),
            obligations=tuple(found),
            seconds=time.perf_counter() - self.started,
        )

    def _obligations(self) -> Iterator[Obligation]:
        for p in self.properties:
            yield self._initially(p)
        self._assume()
        for action in self.ground.description.actions:
            yield self._makes_sense(action.name)
            for p in self.properties:
                yield self._preserved(action.name, p)

    # ------------------------------------------------------------ the initial states

    def _initially(self, p: Property) -> Obligation:
        started, cells = time.perf_counter(), self.transition.before
        initial = self.ground.initial()
        here = StateSet([self.ground.packing.pack(s) for s in initial]).formula(cells)
        solver = z3.SolverFor("QF_FD")
        solver.set("timeout", self.milliseconds)
        solver.add(term(here), term(negation(self.good[p.name])))
        verdict, found = verdict_of(solver.check()), None
        if verdict is Verdict.REFUTED:
            state = self.ground.state(cells.words(solver.model()))
            if state not in initial or self._satisfies(p, state):
                raise DisagreementError(f"{p.name}: Z3 refutes it in {state!r}, CPython does not")
            found = Counterexample(state, None, p.name)
        elif verdict is Verdict.PROVED and (bad := self._violating(p, initial)) is not None:
            raise DisagreementError(f"{p.name}: CPython finds it violated in {bad!r}, Z3 does not")
        return Obligation(None, p.name, verdict, found, time.perf_counter() - started)

    def _violating(self, p: Property, states: Sequence[State]) -> State | None:
        return next((s for s in states if not self._satisfies(p, s)), None)

    def _satisfies(self, p: Property, state: State) -> bool:
        """Whether CPython finds the invariant true; a property without a value is not."""
        try:
            return self.ground.holds(p.name, state)
        except StepError:
            return False

    # ------------------------------------------------------------ steps

    def _assume(self) -> None:
        """Any well-formed state that satisfies all invariants, and any step from it."""
        t = self.transition
        self.solver.add(
            *map(term, t.before.ranges()),
            term(t.translator.condition(self.ground.well_formed())),
            *map(term, self.good.values()),
        )

    def _makes_sense(self, action: str) -> Obligation:
        at = self.transition.translator
        senseless = disjunction(
            at.condition(s.senseless) for s in self.transition.steps if s.action == action
        )
        return self._obligation(action, None, senseless)

    def _preserved(self, action: str, p: Property) -> Obligation:
        return self._obligation(action, p, self._broken(action, p))

    def _broken(self, action: str, p: Property) -> Formula:
        """That a step of the action leads to a state that violates the invariant.

        The state after is written in terms of the state before: no frame axioms, and what a step
        does not touch folds away.
        """
        t = self.transition
        cases = []
        for step in t.steps:
            if step.action == action:
                wrong = negation(self._after(step)(self.good[p.name]))
                enabled = t.translator.condition(step.enabled)
                cases.append(conjunction([enabled, wrong]))
        return disjunction(cases)

    def _after(self, step: Step) -> Substitution:
        """Renames the cells that a step stores to by what it stores."""
        t = self.transition
        old: list[Formula] = []
        new: list[Formula] = []
        for place, value in t.stored(step).items():
            old += t.before.bits(*place)
            new += [term(digit(value, k)) for k in range(place[0].bits)]
        return Substitution(old, new)

    def _obligation(self, action: str, p: Property | None, wrong: Formula) -> Obligation:
        started = time.perf_counter()
        self.solver.push()
        self.solver.add(term(wrong))
        verdict, found = verdict_of(self.solver.check()), None
        if verdict is Verdict.REFUTED:
            cells = self.transition.before
            words = smallest(self.solver, cells, self.ground, self.shrinking)
            self.solver.set("timeout", self.milliseconds)
            found = self._confirmed(self.ground.state(words), action, p)
        self.solver.pop()
        name = None if p is None else p.name
        return Obligation(action, name, verdict, found, time.perf_counter() - started)

    def _confirmed(self, state: State, action: str, p: Property | None) -> Counterexample:
        """The counterexample as CPython sees it. Raises DisagreementError."""
        for q in self.properties:
            if not self._satisfies(q, state):
                raise DisagreementError(f"{q.name}: true for Z3, not for CPython, in {state!r}")
        try:
            for name, arguments, after in self.ground.machine.successors(state):
                if p is not None and name == action and not self._satisfies(p, after):
                    return Counterexample(state, Move(name, arguments, after), p.name)
                self.ground.machine.load(state)
        except StepError as error:
            if p is None:
                return Counterexample(state, None, str(error))
        if p is None:
            # The description calls undefined what CPython, going in order, never looks at.
            return Counterexample(state, None, f"{action} makes no sense")
        raise DisagreementError(
            f"{action} / {p.name}: Z3 finds a step from {state!r} to a violation, CPython does not"
        )


def verdict_of(answer: object) -> Verdict:
    """What Z3's answer to "is there a counterexample?" says."""
    if answer == z3.unsat:
        return Verdict.PROVED
    return Verdict.REFUTED if answer == z3.sat else Verdict.UNKNOWN
