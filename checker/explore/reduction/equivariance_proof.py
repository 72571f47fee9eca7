"""The proof, at given sizes, that rules mean the same with two elements exchanged: see
`equivariance.py`. The exchanged state is no second state: its cells are cells of the first one,
seen through a table (ground/permutations.py). So two formulas over the same variables are compared,
and where the rule is symmetric in its text, they are one and the same formula.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from quorate.checker.ground.columns import Column
from quorate.checker.ground.instances import Assignment, Instance, Instantiator
from quorate.checker.ground.interchangeable import Exchange, Exchanged, Rule
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.nodes import Bool, Node, Scalar
from quorate.checker.ground.packing import Packing
from quorate.checker.ground.permutations import Cell, CellMove, Permutation, permuted
from quorate.checker.ground.well_formed import well_formed
from quorate.checker.smt.cells import Cells, Summary
from quorate.checker.smt.effort import Budget
from quorate.checker.smt.formulas import (
    Formula,
    choice,
    conjunction,
    disjunction,
    negation,
    same,
)
from quorate.checker.smt.translate import GroundTranslator, chosen, merged
from quorate.model.language import SizeError
from quorate.model.language.interpreter import State
from quorate.model.language.ir import core as c

EFFORT = 20.0  # for all that is asked about one sort
MOST_INSTANCES = 4_000  # of one action
MOST_TERMS = 500_000


@dataclass(frozen=True)
class Open:
    """A rule that is not proved to mean the same, and the state that Z3 answers with, if any."""

    rule: Rule
    exchange: Exchange
    state: State | None = None


def unproved(layout: Layout, elements: Exchanged, rules: Sequence[Rule]) -> Iterator[Open]:
    """The rules that are not proved; use it inside the sizes of the layout."""
    proof = _Proof(layout, elements)
    return filter(None, map(proof.unproved, rules))


class _Exchanged:
    """The cells of the state with two elements exchanged, over the variables of the state.

    It has what `GroundTranslator` asks of `Cells`.
    """

    def __init__(self, cells: Cells, moves: Sequence[CellMove]) -> None:
        self.cells = cells
        self.moves = {m.target: m for m in moves}

    def member(self, column: Column, index: int, mask: int) -> Formula:
        """That the value of a cell is in a set of codes."""
        move = self.moves[Cell(column, index)]
        if move.table is not None:
            codes = (code for code in range(column.size) if mask >> move.table[code] & 1)
            held = self.cells.member(*move.source, sum(1 << code for code in codes))
        else:
            held = self.cells.member(*move.source, mask)
        return held if move.guard is None else choice(self._there(move), held, bool(mask & 1))

    def summary(self, column: Column, index: int) -> Summary:
        """The value of a cell, as a summary."""
        return {v: self.member(column, index, 1 << v) for v in range(column.size)}

    def image(self, move: CellMove, held: Summary, guard: Summary | None) -> Summary:
        """What a cell of the exchanged state holds where its source and guard hold these."""
        if move.table is not None:
            held = merged([(move.table[v], p) for v, p in held.items()])
        if move.guard is None or guard is None:
            return held
        there = disjunction(p for v, p in guard.items() if v >= move.guard[1])
        return chosen(there, held, {0: True})

    def _there(self, move: CellMove) -> Formula:
        assert move.guard is not None
        (column, index), least = move.guard
        return self.cells.member(column, index, (1 << column.size) - (1 << least))


class _Proof:
    def __init__(self, layout: Layout, elements: Exchanged) -> None:
        self.layout, self.elements, self.g = layout, elements, layout.graph
        self.make, self.packing = Instantiator(layout), Packing(layout)
        self.cells = Cells(layout, "")
        self.here = GroundTranslator(self.cells)
        self.budget = Budget(EFFORT)
        self.solver = z3.SolverFor("QF_FD", self.cells.context)
        self.solver.add(*self.cells.ranges())
        self.solver.add(self.here.condition(well_formed(self.make.evaluator)))
        self.exchanged: list[tuple[Exchange, _Exchanged, GroundTranslator]] = []
        for exchange in elements.exchanges():
            moves = Permutation(layout, {elements.sort: exchange}).moves
            cells: Any = _Exchanged(self.cells, moves)
            self.exchanged.append((exchange, cells, GroundTranslator(cells)))

    def unproved(self, rule: Rule) -> Open | None:
        exchange = self.exchanged[0][0]
        try:
            with self.g.aside(MOST_TERMS):
                for exchange, differs in self._differences(rule):
                    if differs is False:
                        continue
                    self.solver.push()
                    self.solver.add(differs)
                    answer = self.budget.check(self.solver)
                    model = self.solver.model() if answer == z3.sat else None
                    self.solver.pop()
                    if answer != z3.unsat:
                        words = None if model is None else self.cells.words(model)
                        state = None if words is None else self.packing.unpack(words)
                        return Open(rule, exchange, state)
        except SizeError:
            return Open(rule, exchange)
        return None

    def _differences(self, rule: Rule) -> Iterator[tuple[Exchange, Formula]]:
        """For each exchange, and each step of an action, where there is a difference."""
        if isinstance(rule, c.Action):
            yield from self._of_action(rule)
            return
        holds, reasons = self.make.property(rule)
        undefined = self.g.or_(u.when for u in reasons)
        for exchange, _, there in self.exchanged:
            yield exchange, disjunction(self._property(holds, undefined, there))

    def _property(self, holds: Bool, undefined: Bool, there: GroundTranslator) -> Iterator[Formula]:
        clear = negation(self.here.condition(undefined))
        yield same(clear, there.condition(undefined))
        other = negation(same(self.here.condition(holds), there.condition(holds)))
        yield conjunction([clear, other])

    # ------------------------------------------------------------ actions

    def _of_action(self, action: c.Action) -> Iterator[tuple[Exchange, Formula]]:
        if math.prod(map(self.make._width, action.parameters)) > MOST_INSTANCES:
            raise SizeError(f"too many instances of {action.name}")
        found = {self._arguments(i): i for i in self.make.instances(action, unroll=True)}
        for exchange, cells, there in self.exchanged:
            images = {self.elements.sort: exchange}
            seen: set[Any] = set()
            for args, instance in found.items():
                twin = permuted(args, images)
                if args not in seen:
                    seen |= {args, twin}
                    yield exchange, self._differ(instance, found.get(twin), cells, there)

    def _arguments(self, instance: Instance) -> tuple[Any, ...]:
        pairs = zip(instance.arguments, instance.action.parameters, strict=True)
        return tuple(self.packing.value(value, p.var.type) for value, p in pairs)

    def _differ(
        self, one: Instance, twin: Instance | None, cells: _Exchanged, there: GroundTranslator
    ) -> Formula:
        """Where a step and its twin in the exchanged state do not correspond to each other."""
        undefined = self.g.or_(u.when for u in one.undefined)
        possible = self.g.and_([one.implicit, *one.guards])
        if twin is None:  # it is never possible
            return self.here.condition(self.g.or_([undefined, possible]))
        clear = negation(self.here.condition(undefined))
        enabled = conjunction([clear, self.here.condition(possible)])
        wrong = [*self._clear(clear, twin, there)]
        wrong.append(conjunction([clear, disjunction(self._guards(one, twin, there))]))
        if enabled is not False:
            effects = disjunction(self._effects(one, twin, cells, there))
            wrong.append(conjunction([enabled, effects]))
        return disjunction(wrong)

    def _clear(self, clear: Formula, twin: Instance, there: GroundTranslator) -> Iterator[Formula]:
        """That one step has a meaning, and its twin has none, or the other way round."""
        yield same(clear, there.condition(self.g.or_(u.when for u in twin.undefined)))

    def _guards(self, one: Instance, twin: Instance, there: GroundTranslator) -> Iterator[Formula]:
        """For each guard, that those before it hold, and it does so for one of two steps only."""
        before: Formula = True
        asked = zip((one.implicit, *one.guards), (twin.implicit, *twin.guards), strict=True)
        for p, q in asked:
            holds = self.here.condition(p)
            yield conjunction([before, negation(same(holds, there.condition(q)))])
            before = conjunction([before, holds])

    def _effects(
        self, one: Instance, twin: Instance, cells: _Exchanged, there: GroundTranslator
    ) -> Iterator[Formula]:
        """For each cell, that the exchanged result of a step is not the result of its twin."""
        mine, its = self._stored(one.stores), self._stored(twin.stores)
        for target, move in cells.moves.items():
            guard = move.guard and move.guard[0]
            if target not in its and move.source not in mine and guard not in mine:
                continue
            held = self.here.scalar(self._after(mine, move.source))
            least = None if guard is None else self.here.scalar(self._after(mine, guard))
            expected = cells.image(move, held, least)
            reached = there.scalar(self._after(its, target))
            for v in {**expected, **reached}:
                yield negation(same(expected.get(v, False), reached.get(v, False)))

    def _after(self, stored: dict[Cell, Scalar], cell: Cell) -> Scalar:
        return stored.get(cell, self.g.load(*cell))

    def _stored(self, stores: Sequence[Assignment]) -> dict[Cell, Scalar]:
        """What cells hold after a step."""
        g = self.g
        found: dict[Cell, Scalar] = {}
        for s in stores:
            for index in range(s.column.count) if isinstance(s.index, Node) else [s.index]:
                cell = Cell(s.column, index)
                here = g.and_([s.when, g.eq(s.index, index)])
                found[cell] = g.select(here, s.value, self._after(found, cell))
        return found
