"""Bounded model checking: is there a run of at most k steps to a violation?

Biere, Cimatti, Clarke, Zhu: Symbolic Model Checking without BDDs (TACAS 1999). Depths are tried in
turn, so the first violation found is a shortest one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from quorate.checker.ground.packed_states import rows_of
from quorate.checker.smt.effort import Budget
from quorate.checker.smt.state_sets import StateSet
from quorate.model.language import StepError
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.diagnostics import UndefinedAt
from quorate.model.language.interpreter import State

from .arbitrary import ArbitraryPaths
from .results import BoundedCheck, BoundedOutcome, DisagreementError, Move
from .solver import SatAnswer
from .system import Ground
from .unrolling import Template, Unrolling

LONGEST_INDUCTION = 5.0  # of the proof that no step breaks an invariant, which then needs no search


@dataclass(frozen=True)
class Depth:
    """The progress of a bounded check: there is no violation in at most `depth` steps."""

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
    effort: float | None = None,
    constrained: bool = True,
) -> BoundedCheck:
    """Look for a run of at most `depth` steps to a violation of an invariant (by default of any).

    A run to an undefined step or property is found too. `effort` bounds the check (see effort.py).
    Unless `constrained`, steps are taken from states outside a `@constraint` as well.
    Raises SizeError; DisagreementError if CPython does not confirm the run that the solver finds.
    """
    started = time.perf_counter()
    with sizes:
        ground = Ground(protocol, sizes, constrained=constrained)
        if (nothing := undefined_start(ground, properties, started)) is not None:
            return nothing
        template = Template(ground, properties)
        with BoundedSearch(template, depth, effort, started) as search:
            search.skip = _inductive(template, effort)
            return search.run(report)


def undefined_start(
    ground: Ground, properties: Sequence[str] | None, started: float
) -> BoundedCheck | None:
    """The result if `@init` itself is undefined, so that there is no first state; else None."""
    try:
        ground.initial()
    except StepError as error:
        if error.at is None:
            raise
        names = tuple(p.name for p in ground.properties(properties))
        spent = time.perf_counter() - started
        at = error.at
        return BoundedCheck(BoundedOutcome.UNDEFINED, 1, names, None, at.state, (), spent, at)
    return None


def _inductive(template: Template, effort: float | None) -> frozenset[str | None]:
    """What no step breaks from a state where nothing is wrong: it is never wrong first."""
    most = LONGEST_INDUCTION if effort is None else min(LONGEST_INDUCTION, effort)
    with ArbitraryPaths(template, 1) as paths:
        paths.extend()
        kinds = list(template.wrong)
        return frozenset(k for k in kinds if paths.breaks(k, kinds, Budget(most)) is SatAnswer.NO)


class BoundedSearch:
    """Runs from the initial states, extended by one step at a time. Use it in a `with`."""

    def __init__(
        self, template: Template, depth: int, effort: float | None, started: float
    ) -> None:
        self.template, self.ground, self.depth = template, template.ground, depth
        self.started = started
        self.budget = None if effort is None else Budget(effort)
        self.skip: frozenset[str | None] = frozenset()
        self.initial = self.ground.initial()
        self.runs = Unrolling(template, depth)
        rows = rows_of(self.ground.packing, self.initial)
        self.runs.require(StateSet(rows).formula(template.transition.before))

    def __enter__(self) -> BoundedSearch:
        return self

    def __exit__(self, *_: object) -> None:
        self.runs.__exit__()

    def run(self, report: Report | None) -> BoundedCheck:
        """Check every depth up to the last; after an interrupt, return what is known."""
        done = -1
        try:
            for k in range(self.depth + 1):
                found = self.check(k)
                if found is not None:
                    return found
                done = k
                if report is not None:
                    report(Depth(k, time.perf_counter() - self.started))
        except KeyboardInterrupt:
            return self.result(BoundedOutcome.INTERRUPTED, done)
        return self.result(BoundedOutcome.NONE_WITHIN, self.depth)

    def check(self, k: int) -> BoundedCheck | None:
        """What is wrong after k steps, None if nothing is; call it for k = 0, 1, 2, ...

        Each invariant is one question, whose answer is a lemma for later questions.
        """
        asked = [kind for kind in self.template.wrong if not k or kind not in self.skip]
        if k and asked:
            self.runs.extend()
        for kind in asked:
            answer = self.runs.ask(kind, budget=self.budget)
            if answer is SatAnswer.YES:
                return self._found()
            if answer is SatAnswer.UNKNOWN:
                return self.result(BoundedOutcome.UNKNOWN, k - 1)
            self.runs.clause([-self.runs.wrong(kind, k)])
        return None

    # ------------------------------------------------------------ counterexamples

    def _found(self) -> BoundedCheck:
        """The run as CPython takes it, and what is wrong at its end."""
        states = [self.ground.state(words) for words in self.runs.states()]
        if states[0] not in self.initial:
            raise DisagreementError(f"the run found starts from {states[0]!r}, not initial")
        moves = tuple(self.ground.move(a, None, b) for a, b in pairwise(states))
        last, length = states[-1], len(moves)
        try:
            name = self.ground.violated(last, self.template.properties)
            at = None if name is not None else self._undefined(last)
        except StepError as error:  # a property
            name, at = None, error.at
        if at is None:
            return self.result(BoundedOutcome.VIOLATED, length, name, states[0], moves)
        return replace(
            self.result(BoundedOutcome.UNDEFINED, length + at.is_step, None, states[0], moves),
            undefined=at,
        )

    def _undefined(self, state: State) -> UndefinedAt:
        """What is undefined here for CPython, or for the description alone."""
        try:
            for p in self.template.others:
                self.ground.holds(p.name, state)
            if self.ground.interpreter.within(state):
                for _ in self.ground.interpreter.successors(state):
                    pass
        except StepError as error:
            if error.at is not None:
                return error.at
        at = self.template.undefined(state, list(self.template.wrong))
        if at is None:
            raise DisagreementError(f"a violation is found in {state!r}, but not by CPython")
        return at

    def result(
        self,
        outcome: BoundedOutcome,
        depth: int,
        violated: str | None = None,
        initial: State | None = None,
        path: tuple[Move, ...] = (),
    ) -> BoundedCheck:
        return BoundedCheck(
            outcome=outcome,
            depth=depth,
            invariants=tuple(p.name for p in self.template.properties),
            violated=violated,
            initial=initial,
            path=path,
            seconds=time.perf_counter() - self.started,
        )
