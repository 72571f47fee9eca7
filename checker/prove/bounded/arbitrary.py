"""Paths from any state, reachable or not: the step case of induction.

Sheeran, Singh, Stalmarck: Checking Safety Properties Using Induction and a SAT-solver (FMCAD 2000).
The paths considered are those that can end a shortest run to a violation: no state occurs twice, no
state but the first is initial, every step is read (unread.py), and steps and last state are in
order (transition.py, symmetry_breaking.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from itertools import pairwise
from typing import Self

from quorate.checker.ground.packed_states import rows_of
from quorate.checker.ground.packing import Words
from quorate.checker.smt.effort import Budget
from quorate.checker.smt.formulas import conjunction, negation
from quorate.checker.smt.state_sets import StateSet
from quorate.model.language.interpreter import State

from .results import DisagreementError, PathToViolation
from .solver import SatAnswer
from .unrolling import Template, Unrolling


class ArbitraryPaths:
    """Paths on which nothing is wrong except, perhaps, in the last state. Use it in a `with`.

    What may be wrong is named by an invariant, or None for an undefined step.
    """

    def __init__(self, template: Template, most: int) -> None:
        self.template, self.ground = template, template.ground
        t = template.transition
        rows = rows_of(self.ground.packing, self.ground.initial())
        self._first = rows[0] if len(rows) else None
        self._initial = StateSet(rows).formula(t.before)
        self.paths = Unrolling(template, most)
        self.paths.require(conjunction(t.before.ranges()))
        self.paths.require(t.translator.condition(self.ground.well_formed()))
        self._nothing_wrong = {kind: self.paths.fresh() for kind in template.wrong}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.paths.__exit__()

    def extend(self) -> None:
        """Make all paths one step longer."""
        last = self.paths.frames - 1
        for kind, assumed in self._nothing_wrong.items():
            self.paths.clause([-assumed, -self.paths.wrong(kind, last)])
        self.paths.extend()
        self.paths.require(negation(self._initial), last + 1)
        for k in range(last + 1):
            self.paths.distinct(k, last + 1)

    def breaks(
        self, kind: str | None, given: Collection[str | None], budget: Budget | None = None
    ) -> SatAnswer:
        """Whether some path on which all that is `given` holds ends where this is wrong."""
        return self.paths.ask(kind, self._assumed(given), budget)

    def _assumed(self, given: Collection[str | None]) -> list[int]:
        return [assumed for kind, assumed in self._nothing_wrong.items() if kind in given]

    # ------------------------------------------------------------ counterexamples

    def counterexample(
        self, kind: str | None, given: Collection[str | None], effort: float
    ) -> PathToViolation:
        """The path that `breaks` found, or one that starts nearer to an initial state, by CPython.

        `effort` bounds the search for the latter. Raises DisagreementError.
        """
        found = self._nearest(kind, given, Budget(effort))
        states = [self.ground.state(words) for words in found]
        moves = tuple(self.ground.move(a, None, b) for a, b in pairwise(states))
        for state, name in itertools.product(states[:-1], given):
            if name is not None and not self.ground.satisfies(name, state):
                raise DisagreementError(f"{name}: assumed in {state!r}, but not so for CPython")
        return PathToViolation(states[0], moves, self._what_is_wrong(kind, states[-1]))

    def _what_is_wrong(self, kind: str | None, state: State) -> str:
        if kind is not None and not self.ground.satisfies(kind, state):
            return kind
        reason = self.template.undefined(state, [kind])
        if reason is None:
            raise DisagreementError(f"{kind or 'a step'}: wrong in {state!r}, not for CPython")
        return f"{reason.span}: {reason.what}"

    def _nearest(
        self, kind: str | None, given: Collection[str | None], budget: Budget
    ) -> list[Words]:
        """Try to give each bit of the first state its initial value, those of messages first."""
        best, assumed = self.paths.states(), self._assumed(given)
        if self._first is None:
            return best
        cells = self.template.transition.before
        sent = {m.column for m in self.ground.layout.messages.values()}
        wanted = [n if one else -n for n, one in enumerate(cells.digits(self._first), start=1)]
        columns = [column for column, _ in cells.places() for _ in range(column.bits)]
        digits = sorted(range(len(wanted)), key=lambda n: columns[n] not in sent)
        kept = self._agreeing(best[0], wanted)
        for n in digits:
            if wanted[n] in kept or budget.over:
                continue
            if self.paths.ask(kind, [*assumed, *kept, wanted[n]], budget) is SatAnswer.YES:
                best = self.paths.states()
                kept = self._agreeing(best[0], wanted)
        return best

    def _agreeing(self, words: Words, wanted: list[int]) -> set[int]:
        digits = self.template.transition.before.digits(words)
        return {n for n, one in zip(wanted, digits, strict=True) if (n > 0) is one}
