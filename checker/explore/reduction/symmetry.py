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
    Exchanged,
    interchangeable,
)
from quorate.checker.ground.layout import Layout
from quorate.checker.ground.permutations import Cell, CellMove, Permutation
from quorate.model.language.declare.sorts import Ordered, Sort

from .equivariance import Equivariance

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

    `refused` says why the elements of a sort are not interchangeable, `special` what is special
    about others that are. If no sort is interchangeable (`permutations` is 1), no code is
    generated. What takes a proof is kept in the cache under the `key`, if there is one. With
    `plain`, elements of an order and those with names stay where they are.
    """

    layout: Layout
    key: str | None = None
    plain: bool = False
    elements: dict[type[Sort], Exchanged] = field(init=False)
    refused: dict[type[Sort], str] = field(init=False)
    special: dict[type[Sort], str] = field(init=False)
    permutations: int = field(init=False)

    def __post_init__(self) -> None:
        layout = self.layout
        initial = initial_states(layout.description.protocol, layout.sizes)
        proof = Equivariance(layout, self.key)
        interchanged = interchangeable(layout, initial, proof, self.plain)
        found = interchanged.found
        self.refused = dict(interchanged.refused)
        swaps = {
            s: [Permutation(layout, {s: exchange}).moves for exchange in elements.exchanges()]
            for s, elements in found.items()
        }
        self.owned: dict[type[Sort], OwnedCells] = {}
        for sort in sorted(found, key=lambda s: -len(found[s])):
            owned = _owned_cells(swaps[sort])
            if owned is not None and not self._overlaps(owned):
                self.owned[sort] = owned
        walked = [s for s in found if s not in self.owned]
        for sort in sorted(walked, key=lambda s: -len(found[s])):
            images = math.prod(found[s].orders for s in walked)
            if images > MOST_PERMUTATIONS:
                walked.remove(sort)
                self.refused[sort] = f"{images:,} permutations are too many to look at"
        for sort in list(self.owned):  # the largest first
            images = math.prod(found[s].orders for s in (*walked, *self.owned))
            if images > MOST_ORBIT:
                del self.owned[sort]
                self.refused[sort] = f"{images:,} permutations are too many to count with"
        kept = (*walked, *self.owned)
        self.elements = {s: elements for s, elements in found.items() if s in kept}
        self.permutations = math.prod(e.orders for e in self.elements.values())
        self.steps, self.exchanges = self._walk([swaps[s] for s in walked])
        self.special = {
            s: ", ".join(words)
            for s, elements in self.elements.items()
            if (words := _words(elements, s in interchanged.proved))
        }

    @property
    def sorts(self) -> tuple[type[Sort], ...]:
        return tuple(self.elements)

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


def _words(elements: Exchanged, proved: bool) -> list[str]:
    """What makes it worth saying that elements are interchangeable."""
    found = ["ordered"] if issubclass(elements.sort, Ordered) else []
    found += ["with its names"] if elements.first < len(elements.sort.named) else []
    return [*found, "proved"] if proved else found


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
