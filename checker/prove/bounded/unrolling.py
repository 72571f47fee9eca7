"""Runs as clauses: one frame for each state, all with the same clauses, renumbered.

Een, Sorensson: Temporal Induction by Incremental SAT Solving (2003). A frame has the cells of one
state, what is wrong in it, and the step to the next frame.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
import z3

from quorate.checker.ground.nodes import Bool
from quorate.checker.ground.packing import Words
from quorate.checker.smt.effort import Budget
from quorate.checker.smt.formulas import Formula, disjunction, negation
from quorate.checker.smt.state_sets import StateSet
from quorate.model.language.diagnostics import UndefinedAt
from quorate.model.language.interpreter import State

from .clauses import Clauses, Flat
from .solver import SatAnswer, Solver
from .symmetry_breaking import in_order
from .system import Ground, GroundProperty, GroundStep
from .transition import Transition
from .unread import Unread


class Template:
    """The clauses of one frame. Frame k has the variables from k * width + 1 on, its cells first.

    `wrong` has a literal for each invariant, that it is violated or undefined, and one for None,
    that a step or a reachable predicate is undefined. `sorted` implies that interchangeable
    elements are in order, `none_unread` that what is wrong depends on every step (unread.py). Make
    it inside the sizes. Raises InputError for an unknown invariant; SizeError.
    """

    def __init__(self, ground: Ground, names: Sequence[str] | None) -> None:
        self.ground = ground
        self.properties: list[GroundProperty] = ground.properties(names)
        self.others: list[GroundProperty] = ground.others()
        self.transition = t = Transition(ground)
        self.bits = len(t.before.variables)
        made = Clauses([*t.before.variables, *t.after.variables], t.context)
        wrong = self._wrong()
        self.wrong = {name: made.equivalent(p) for name, p in wrong.items()}
        self.sorted = made.literal(in_order(ground, t.before))
        moment = len(made)
        made.add(t.formula)
        made.add(t.changes)
        chosen = np.array([made.literal(s) for s in t.selectors], np.int32)
        pending = np.array([made.fresh() for _ in t.selectors], np.int32)
        none_unread = {kind: made.fresh() for kind in wrong}
        self.width = made.variables - self.bits
        clauses = self._renumbered(made.flat())
        self.moment, self.step = clauses[:moment], clauses[moment:]
        self.wrong = {
            name: int(self._renumbered(np.array([literal], np.int32))[0])
            for name, literal in self.wrong.items()
        }
        self.sorted = int(self._renumbered(np.array([self.sorted], np.int32))[0])
        chosen, pending = self._renumbered(chosen), self._renumbered(pending)
        self.swapped = self._swapped(chosen)
        self.unread = Unread(t, chosen, pending, self.width)
        self.step = np.concatenate([self.step, self.unread.step])
        self.none_unread = {kind: n - self.bits for kind, n in none_unread.items()}
        reading = {p.name: [p.holds, p.undefined] for p in self.properties}
        for kind, literal in self.none_unread.items():
            roots = reading[kind] if kind is not None else [*self._undefined]
            self.moment = np.concatenate([self.moment, self.unread.none(literal, roots)])

    def _wrong(self) -> dict[str | None, Formula]:
        at = self.transition.translator
        wrong: dict[str | None, Formula] = {
            p.name: disjunction([negation(at.condition(p.holds)), at.condition(p.undefined)])
            for p in self.properties
        }
        wrong[None] = disjunction(at.condition(p) for p in self._undefined)
        return {name: p for name, p in wrong.items() if p is not False}

    @property
    def _undefined(self) -> list[Bool]:
        """Where a step, or a property that is no invariant, is undefined."""
        of_steps = [step.undefined for step in self.transition.steps]
        return of_steps + [p.undefined for p in self.others]

    def _renumbered(self, literals: Flat) -> Flat:
        """Renumbers: the cells after a step are those of the next frame, other variables follow."""
        number, sign = np.abs(literals), np.sign(literals)
        moved = np.where(number <= self.bits, number, number - self.bits)
        after = (number > self.bits) & (number <= 2 * self.bits)
        return (sign * np.where(after, moved + self.width, moved)).astype(np.int32)

    def _swapped(self, chosen: Flat) -> Flat:
        """That no step is followed by one that an ordered run takes before it."""
        pairs = np.array(self.transition.unordered(), np.int64).reshape(-1, 2)
        clauses = np.zeros((len(pairs), 3), np.int32)
        clauses[:, 0] = -chosen[pairs[:, 0]]
        clauses[:, 1] = -chosen[pairs[:, 1]] - self.width
        return clauses.ravel()

    def undefined(self, state: State, kinds: Collection[str | None]) -> UndefinedAt | None:
        """What is undefined in this state by the description; None if nothing is."""
        parts: list[tuple[str, str, GroundProperty | GroundStep]] = []
        parts += [("invariant", p.name, p) for p in self.properties if p.name in kinds]
        if None in kinds:
            parts += [(p.kind, p.name, p) for p in self.others]
            parts += [("action", s.action, s) for s in self.transition.steps]
        at = self.transition.translator
        solver = z3.SolverFor("QF_FD", self.transition.context)
        here = StateSet([self.ground.packing.pack(state)]).formula(self.transition.before)
        solver.add(here)
        for kind, name, part in parts:
            for reason in part.reasons:
                if solver.check(at.condition(reason.when)) == z3.sat:
                    return UndefinedAt(kind, name, (), state, reason.span, reason.what)
        return None

    def at(self, literals: Flat, k: int) -> Flat:
        """The same clauses or literals for frame k."""
        moved: Flat = (literals + np.sign(literals) * (k * self.width)).astype(np.int32)
        return moved


class Unrolling:
    """Runs of at most `depth` steps as the clauses of a solver. Use it in a `with`."""

    def __init__(self, template: Template, depth: int) -> None:
        self.template = template
        self.frames = 0
        self._used = (depth + 2) * template.width  # variables in frames; later ones are in none
        self._solver = Solver()
        self.begin()
        for n in template.unread.pending.tolist():
            self.clause([-n])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._solver.__exit__()

    # ------------------------------------------------------------ clauses

    def begin(self) -> None:
        """Add the next frame, without a step to it."""
        self._solver.add(self.template.at(self.template.moment, self.frames))
        self.frames += 1

    def extend(self) -> None:
        """Add a step from the last frame, and the frame that it leads to."""
        t, k = self.template, self.frames - 1
        self._solver.add(t.at(t.step, k))
        if k:
            self._solver.add(t.at(t.swapped, k - 1))
        self.begin()

    def require(self, p: Formula, k: int = 0) -> None:
        """Require a formula over the template's cells in frame k."""
        t = self.template
        made = Clauses(t.transition.before.variables, t.transition.context)
        made.add(p)
        flat = made.flat()
        cell = np.abs(flat) <= t.bits
        moved = np.where(cell, k * t.width, self._used - t.bits)
        self._solver.add((flat + np.sign(flat) * moved).astype(np.int32))
        self._used += made.variables - t.bits

    def clause(self, literals: Sequence[int]) -> None:
        self._solver.add(np.array([*literals, 0], np.int32))

    def fresh(self) -> int:
        """A new variable that belongs to no frame."""
        self._used += 1
        return self._used

    def distinct(self, i: int, j: int) -> None:
        """Require that two frames are different states."""
        bits = np.arange(1, self.template.bits + 1)
        x, y = bits + i * self.template.width, bits + j * self.template.width
        differs = bits + self._used
        self._used += len(bits)
        end = np.zeros_like(bits)
        rows = [[-differs, x, y, end], [-differs, -x, -y, end]]
        clauses = [np.stack(row, axis=1).ravel() for row in rows]
        self._solver.add(np.concatenate([*clauses, differs, [0]]).astype(np.int32))

    # ------------------------------------------------------------ questions

    def wrong(self, name: str | None, k: int) -> int:
        """The literal that this is wrong in frame k."""
        return self._literal(self.template.wrong[name], k)

    def _literal(self, literal: int, k: int) -> int:
        return literal + (1 if literal > 0 else -1) * k * self.template.width

    def ask(
        self, kind: str | None, assumptions: Sequence[int] = (), budget: Budget | None = None
    ) -> SatAnswer:
        """Whether there is a run in whose last frame this is wrong.

        If there is one, and no shorter run to anything wrong, then there is one whose steps and
        last state are in order, and all of whose steps are read.
        """
        k, t = self.frames - 1, self.template
        which = [t.wrong[kind], t.sorted, t.none_unread[kind]]
        return self._solver.ask([*(self._literal(n, k) for n in which), *assumptions], budget)

    def states(self) -> list[Words]:
        """The states of the run that was found."""
        cells, width = self.template.transition.before, self.template.width
        model = self._solver.model
        rows: npt.NDArray[np.bool_] = np.zeros((self.frames, self.template.bits), np.bool_)
        for k, row in enumerate(rows):
            values = model[k * width : k * width + self.template.bits] > 0
            row[: len(values)] = values
        return [cells.packed(row.tolist()) for row in rows]
