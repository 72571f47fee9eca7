"""Symmetry breaking: of the runs that differ only in the names of elements, one is enough.

Crawford, Ginsberg, Luks, Roy: Symmetry-breaking Predicates for Search Problems (1996). The elements
of one sort are sorted by their facts in the last state. Every run can be renamed to one of the same
length that ends in a sorted state, so a shortest violation remains.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from quorate.checker.ground.interchangeable import interchangeable
from quorate.checker.ground.permutations import Cell, CellMove, Permutation, swap
from quorate.checker.smt.cells import Cells
from quorate.checker.smt.formulas import Formula, conjunction, disjunction, negation
from quorate.model.language.declare.sorts import Sort

from .system import Ground

FEWEST = 4  # elements: for fewer, comparing them costs what it saves
MOST_COMPARED = 64  # facts about each element that are compared

Fact = tuple[Cell, int]  # that the cell holds this code


def in_order(ground: Ground, cells: Cells) -> Formula:
    """That the facts of the elements of the largest interchangeable sort do not increase."""
    found = interchangeable(ground.layout, ground.initial()).found
    sorts = [s for s, elements in found.items() if elements.first == 0]
    sort = max(sorts, key=len, default=None)
    if sort is None or len(sort) < FEWEST:
        return True
    rows = list(zip(*_chains(ground, sort), strict=True))
    return conjunction(
        _at_least([(_holds(cells, x), _holds(cells, y)) for x, y in zip(one, other, strict=True)])
        for one, other in pairwise(rows)
    )


def _chains(ground: Ground, sort: type[Sort]) -> Iterator[tuple[Fact, ...]]:
    """Lists of one fact about each element: exchanging two elements exchanges their facts."""
    exchanges = [
        {m.source: m for m in Permutation(ground.layout, {sort: swap(len(sort), i)}).moves}
        for i in range(len(sort) - 1)
    ]
    seen: set[Fact] = set()
    for cell in exchanges[0]:
        for code in range(1, cell.column.size):
            chain = [(cell, code)]
            for moves in exchanges:
                chain.append(_image(moves, chain[-1]))
            if len(set(chain)) < len(chain) or not seen.isdisjoint(chain):
                continue
            if all(
                _image(moves, fact) == chain[i + 1 if j == i else i if j == i + 1 else j]
                for i, moves in enumerate(exchanges)
                for j, fact in enumerate(chain)
            ):
                seen.update(chain)
                yield tuple(chain)
                if len(seen) >= MOST_COMPARED * len(sort):
                    return


def _image(moves: dict[Cell, CellMove], fact: Fact) -> Fact:
    """The image of a fact under a permutation; the fact itself if it is not determined."""
    cell, code = fact
    move = moves[cell]
    if move.guard is not None:
        return fact
    return move.target, code if move.table is None else move.table[code]


def _holds(cells: Cells, fact: Fact) -> Formula:
    (column, index), code = fact
    return cells.member(column, index, 1 << code)


def _at_least(facts: list[tuple[Formula, Formula]]) -> Formula:
    """That the first row of facts is at least the second in lexicographic order."""
    rest: Formula = True
    for x, y in reversed(facts):
        more, fewer = conjunction([x, negation(y)]), conjunction([negation(x), y])
        rest = conjunction([negation(fewer), disjunction([more, rest])])
    return rest
