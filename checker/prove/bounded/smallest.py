"""Small counterexamples: models in which few cells differ from an initial state."""

from __future__ import annotations

from collections.abc import Sequence

import z3

from quorate.checker.ground.columns import Column
from quorate.checker.ground.packing import Words
from quorate.checker.smt.cells import Cells
from quorate.checker.smt.effort import Budget
from quorate.checker.smt.formulas import Formula, negation

from .system import Ground


def smallest(solver: z3.Solver, cells: Cells, ground: Ground, effort: float) -> Words:
    """The words of a model with the fewest messages sent, then the fewest cells changed.

    Call it after `check` gave sat. It spends at most `effort`, and returns the best model found.
    """
    budget = Budget(effort)
    sent = {m.column for m in ground.layout.messages.values()}
    initial = ground.initial()
    first = ground.packing.pack(initial[0]) if initial else [0] * ground.layout.words
    messages: list[Formula] = []
    others: list[Formula] = []
    for column, index in cells.places():
        changed = _changed(cells, column, index, first)
        (messages if column in sent else others).append(changed)
    best = solver.model()
    solver.push()
    for wanted in (messages, messages + others):
        best = _fewest(solver, wanted, best, budget)
    solver.pop()
    return cells.words(best)


def _changed(cells: Cells, column: Column, index: int, first: Sequence[int] | Words) -> Formula:
    word, bit = column.place(index)
    value = int(first[word]) >> bit & ((1 << column.bits) - 1)
    return negation(cells.member(column, index, 1 << value))


def _fewest(solver: z3.Solver, changed: list[Formula], best: z3.ModelRef, budget: Budget) -> object:
    """Ask for fewer by bisection; the best bound found remains a constraint."""

    def cost(model: z3.ModelRef) -> int:
        return sum(z3.is_true(model.eval(c, model_completion=True)) for c in changed)

    low, high = 0, cost(best)
    while low < high:
        if budget.over:
            break
        middle = (low + high) // 2
        solver.push()
        solver.add(z3.AtMost(*changed, middle))
        answer = budget.check(solver)
        if answer == z3.sat:
            best = solver.model()
            high = cost(best)
        solver.pop()
        if answer != z3.sat:
            low = middle + 1
    if changed:
        solver.add(z3.AtMost(*changed, high))
    return best
