"""The step relation of a protocol as one formula over two states, made once.

Each step has a selector. Exactly one selector holds; cells that its step does not store to keep
their values. A bounded check renames the two states to those of frames i and i + 1.

`changes` and `unordered` exclude runs but no reachable state. Of the shortest runs to a state, the
one whose steps have the smallest numbers never stutters, and never takes a step right after an
independent one with a larger number, since the two could be swapped. Wang, Yang, Kahlon, Gupta:
Peephole Partial Order Reduction (TACAS 2008).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import z3

from quorate.checker.ground.columns import Column
from quorate.checker.ground.nodes import Bool, Node, Scalar, nodes_in
from quorate.checker.smt.cells import Cells, Summary
from quorate.checker.smt.formulas import (
    Formula,
    Variable,
    conjunction,
    disjunction,
    implies,
    negation,
    same,
)
from quorate.checker.smt.translate import GroundTranslator, chosen

from .system import Ground, GroundStep

MOST_ORDERED = 800  # steps: there are as many pairs as its square
MOST_PAIRED = 128


class Transition:
    """The step relation over two `Cells`, `before` and `after`, and one selector per step."""

    def __init__(self, ground: Ground) -> None:
        self.steps = ground.steps()
        self.before = Cells(ground.layout, "")
        self.context = self.before.context
        self.after = Cells(ground.layout, "'", self.context)
        self.translator = GroundTranslator(self.before)
        self._stored: dict[int, dict[tuple[Column, int], Summary]] = {}
        self.selectors = [
            z3.Bool(f"step {i}: {s.action}", self.context) for i, s in enumerate(self.steps)
        ]
        self.undefined = disjunction(self.translator.condition(s.undefined) for s in self.steps)
        self.formula = self._relation()
        self.changes = conjunction(
            implies(selector, disjunction(self._differences(step)))
            for selector, step in zip(self.selectors, self.steps, strict=True)
        )

    def unordered(self) -> list[tuple[int, int]]:
        """Pairs of independent steps (first, second) that an ordered run never takes in a row."""
        if len(self.steps) > MOST_ORDERED:
            return []
        prints = [footprint(s) for s in self.steps]
        return [
            (i, j)
            for j, second in enumerate(prints)
            for i, first in enumerate(prints[j + 1 :], start=j + 1)
            if independent(first, second)
        ]

    def readers(self) -> list[list[int]]:
        """For each step, the steps that may read what it writes."""
        prints = [footprint(s) for s in self.steps]
        return [[j for j, t in enumerate(prints) if _meet(s.writes, t.reads)] for s in prints]

    def unseen(self, roots: Iterable[Bool]) -> list[int]:
        """The steps that write nothing that these conditions read."""
        reads = loaded(roots)
        return [i for i, s in enumerate(self.steps) if not _meet(footprint(s).writes, reads)]

    def _differences(self, step: GroundStep) -> Iterator[Formula]:
        for place, value in self.stored(step).items():
            for k, old in enumerate(self.before.bits(*place)):
                yield negation(same(old, digit(value, k)))

    def _relation(self) -> Formula:
        stored: dict[tuple[Column, int], list[tuple[Variable, Summary]]] = {}
        parts: list[Formula] = []
        for selector, step in zip(self.selectors, self.steps, strict=True):
            parts.append(implies(selector, self.translator.condition(step.enabled)))
            for place, value in self.stored(step).items():
                stored.setdefault(place, []).append((selector, value))
        for place in self.before.places():
            parts += self._cell(place, stored.get(place, []))
        parts.append(at_most_one(self.selectors))
        parts.append(disjunction(self.selectors))
        return conjunction(parts)

    def stored(self, step: GroundStep) -> dict[tuple[Column, int], Summary]:
        """The new value of every cell that a step may store to; later stores win."""
        if id(step) not in self._stored:
            self._stored[id(step)] = self._stores(step)
        return self._stored[id(step)]

    def _stores(self, step: GroundStep) -> dict[tuple[Column, int], Summary]:
        found: dict[tuple[Column, int], Summary] = {}
        for store in step.stores:
            when, value = self.translator.condition(store.when), self.translator.scalar(store.value)
            for index, here in self.translator.scalar(store.index).items():
                place = (store.column, index)
                if index >= store.column.count or not store.column.bits:
                    continue  # a branch that is not taken; a cell with a single value
                old = found.get(place) or self.before.summary(*place)
                found[place] = chosen(conjunction([when, here]), value, old)
        return found

    def _cell(
        self, place: tuple[Column, int], stored: list[tuple[Variable, Summary]]
    ) -> list[Formula]:
        old, new = self.before.bits(*place), self.after.bits(*place)
        touched = disjunction(selector for selector, _ in stored)
        parts = [disjunction([touched, same(x, y)]) for x, y in zip(old, new, strict=True)]
        for selector, value in stored:
            parts += [implies(selector, same(y, digit(value, k))) for k, y in enumerate(new)]
        return parts


def at_most_one(selectors: list[Variable]) -> Formula:
    """That at most one holds: pairwise for few, else by a sequential counter.

    Sinz: Towards an Optimal CNF Encoding of Boolean Cardinality Constraints (2005).
    """
    if len(selectors) > MOST_PAIRED:
        seen = [z3.Bool(f"seen {i}", selectors[0].ctx) for i in range(len(selectors))]
        return conjunction(
            itertools.chain(
                map(implies, selectors, seen),
                map(implies, seen, seen[1:]),
                (implies(s, negation(p)) for s, p in zip(seen, selectors[1:], strict=False)),
            )
        )
    return conjunction(
        disjunction([negation(p), negation(q)]) for p, q in itertools.combinations(selectors, 2)
    )


def digit(value: Summary, k: int) -> Formula:
    """Bit k of a value. (Its cases are exclusive and exhaustive.)"""
    ones = [c for v, c in value.items() if v >> k & 1]
    zeros = [c for v, c in value.items() if not v >> k & 1]
    return disjunction(ones) if len(ones) <= len(zeros) else negation(disjunction(zeros))


# A cell; with the index None, all cells of a column.
Place = tuple[Column, int | None]


@dataclass(frozen=True)
class CellFootprint:
    """The cells that a step may read and write."""

    reads: frozenset[Place]
    writes: frozenset[Place]


def footprint(step: GroundStep) -> CellFootprint:
    roots: list[Bool | Scalar] = [step.enabled, step.undefined]
    for store in step.stores:
        roots += [store.when, store.value, store.index]
    return CellFootprint(
        loaded(roots),
        frozenset(_places((s.column, s.index) for s in step.stores)),
    )


def loaded(roots: Iterable[Bool | Scalar]) -> frozenset[Place]:
    """The cells that these read."""
    return frozenset(_places(n.args for n in nodes_in(roots) if n.op == "load"))


def _places(pairs: Iterable[tuple[Column, Scalar]]) -> Iterator[Place]:
    for column, index in pairs:
        yield column, None if isinstance(index, Node) else index


def independent(first: CellFootprint, second: CellFootprint) -> bool:
    """Whether neither step writes a cell that the other reads or writes."""
    return not (
        _meet(first.writes, second.reads | second.writes) or _meet(second.writes, first.reads)
    )


def _meet(some: frozenset[Place], others: frozenset[Place]) -> bool:
    columns = {column for column, _ in others}
    return any(
        (column, index) in others
        or (column, None) in others
        or (index is None and column in columns)
        for column, index in some
    )
