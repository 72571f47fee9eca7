"""The permutations that leave a protocol unchanged, and how to enumerate them.

Elements that own disjoint cells, and are the value of no cell, are sorted by the contents of their
cells. The permutations of the other sorts are enumerated one by one; each image comes from the last
one by exchanging two neighbours. Both are exact: every orbit has one representative, and the number
of permutations that lead to it gives the size of the orbit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from quorate.checker.ground.first_states import initial_states
from quorate.checker.ground.interchangeable import (
    MOST_PERMUTATIONS,
    exchanges,
    interchangeable,
    unnamed,
)
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.permutations import Cell, CellMove, Permutation
from quorate.model.language.declare.sorts import Sort

MOST_ORBIT = 1 << 32  # states of one orbit, so that those of all orbits can be counted in 63 bits

Chain = tuple[Cell, ...]  # what the same cell is called for each element of a sort


@dataclass(frozen=True)
class OwnedCells:
    """A sort whose elements own disjoint cells: one chain for each cell that an element owns."""

    size: int
    chains: tuple[Chain, ...]


@dataclass
class Reduction:
    """The symmetry reduction of a protocol at given sizes; make it inside them.

    `refused` says why the elements of an unordered sort are not interchangeable. If no sort is
    interchangeable (`permutations` is 1), no code is generated.
    """

    layout: Layout
    sorts: tuple[type[Sort], ...] = field(init=False)
    refused: dict[type[Sort], str] = field(init=False)
    permutations: int = field(init=False)

    def __post_init__(self) -> None:
        layout = self.layout
        initial = initial_states(layout.description.protocol, layout.sizes)
        found = interchangeable(layout, initial)
        self.refused = dict(found.refused)
        swaps = {
            s: [Permutation(layout, {s: exchange}).moves for exchange in exchanges(s)]
            for s in found.sorts
        }
        self.owned: dict[type[Sort], OwnedCells] = {}
        for sort in sorted(found.sorts, key=lambda s: -unnamed(s)):
            owned = _owned_cells(swaps[sort])
            if owned is not None and not self._overlaps(owned):
                self.owned[sort] = owned
        walked = [s for s in found.sorts if s not in self.owned]
        for sort in sorted(walked, key=lambda s: -unnamed(s)):
            images = math.prod(math.factorial(unnamed(s)) for s in walked)
            if images > MOST_PERMUTATIONS:
                walked.remove(sort)
                self.refused[sort] = f"{images:,} permutations are too many to look at"
        for sort in list(self.owned):  # the largest first
            images = math.prod(math.factorial(unnamed(s)) for s in (*walked, *self.owned))
            if images > MOST_ORBIT:
                del self.owned[sort]
                self.refused[sort] = f"{images:,} permutations are too many to count with"
        self.sorts = tuple(s for s in found.sorts if s in walked or s in self.owned)
        self.permutations = math.prod(math.factorial(unnamed(s)) for s in self.sorts)
        self.steps, self.exchanges = self._walk([swaps[s] for s in walked])

    def _overlaps(self, owned: OwnedCells) -> bool:
        occupied = {cell for b in self.owned.values() for chain in b.chains for cell in chain}
        return any(cell in occupied for chain in owned.chains for cell in chain)

    @staticmethod
    def _walk(swaps: list[list[list[CellMove]]]) -> tuple[list[int], list[list[CellMove]]]:
        """Which exchanges, one after the other, lead through every permutation; and all of them."""
        steps: list[int] = []
        exchanges: list[list[CellMove]] = []
        for moves in swaps:
            first = len(exchanges)
            exchanges += moves
            longer = list(steps)
            for i in _plain_changes(len(moves) + 1):
                steps = steps[::-1]
                longer += [first + i, *steps]
            steps = longer
        return steps, exchanges

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(s.__name__ for s in self.sorts)


def _plain_changes(n: int) -> Iterator[int]:
    """Positions to exchange with the next one so that n elements take every order."""
    if n < 2:
        return
    below = list(_plain_changes(n - 1))
    for k in range(len(below) + 1):
        down = k % 2 == 0
        yield from range(n - 2, -1, -1) if down else range(n - 1)
        if k < len(below):
            yield below[k] + (1 if down else 0)


def _owned_cells(swaps: list[list[CellMove]]) -> OwnedCells | None:
    """The cells that each element owns, if exchanging neighbours does no more than exchange those.

    A chain has a cell for each element; the exchange of i and i + 1 moves its cells i and i + 1.
    """
    moved: list[dict[Cell, Cell]] = []
    for moves in swaps:
        if any(m.table is not None for m in moves):
            return None
        moved.append({m.source: m.target for m in moves if m.source != m.target})
    chains: list[Chain] = []
    seen: set[Cell] = set()
    for cell in moved[0]:
        if cell in seen or any(cell in m for m in moved[1:]):
            continue
        chain = [cell]
        for m in moved:
            if chain[-1] not in m:
                return None
            chain.append(m[chain[-1]])
        seen.update(chain)
        chains.append(tuple(chain))
    for i, m in enumerate(moved):
        if m.keys() != {cell for chain in chains for cell in chain[i : i + 2]}:
            return None
    return OwnedCells(len(swaps) + 1, tuple(chains))
