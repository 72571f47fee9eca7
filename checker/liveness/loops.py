"""A short fair loop through a state that lies on one.

Stuttering is the shortest loop. Otherwise a breadth-first search over states together with what
still has to be seen on the way finds a shortest loop through the state. To find the shortest of
all is NP-hard. Where that search would take too long, the loop goes to the nearest state or step
that is still missing, one after the other: it is fair, but may be longer than necessary.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .fair_graph import FairGraph
from .passes import FAR, spread

MOST_LOOKED_AT = 50_000

Marks = npt.NDArray[np.bool_]
# What a loop has seen so far: weakly fair units settled, strongly fair ones enabled and taken, as
# bits; whether a state was wanted.
Seen = tuple[int, int, int, bool]


@dataclass
class LoopSearch:
    """Searches for a fair loop in the fair set `inside` that contains a state of `wanted`."""

    graph: FairGraph
    inside: Marks
    wanted: Marks

    def loop(self, start: int) -> list[int]:
        """The edges of a fair loop through a state of the set; none if it may stutter there."""
        if self._fair(self._state(start, (0, 0, 0, False))):
            return []
        return self._shortest(start) or self._round_trip(start)

    # ------------------------------------------------------------ what a loop has seen

    def _state(self, k: int, seen: Seen) -> Seen:
        settled, enabled, taken, met = seen
        here = int(self.graph.enabled[k])
        weak, strong = self.graph.weak, self.graph.strong
        return settled | weak & ~here, enabled | strong & here, taken, met or bool(self.wanted[k])

    def _step(self, edge: int, seen: Seen) -> Seen:
        settled, enabled, taken, met = seen
        if (unit := int(self.graph.unit_of[edge])) < 0:
            return seen
        bit = 1 << unit
        return settled | bit & self.graph.weak, enabled, taken | bit & self.graph.strong, met

    def _fair(self, seen: Seen) -> bool:
        settled, enabled, taken, met = seen
        return met and not self.graph.weak & ~settled and not enabled & ~taken

    def _within(self, k: int) -> Iterator[tuple[int, int]]:
        return ((e, t) for e, t in self.graph.edges_of(k) if self.inside[t])

    # ------------------------------------------------------------ a shortest loop

    def _shortest(self, start: int) -> list[int] | None:
        """A shortest fair loop through a state; None if too much would have to be looked at."""
        first = start, self._state(start, (0, 0, 0, False))
        came: dict[tuple[int, Seen], tuple[tuple[int, Seen], int] | None] = {first: None}
        queue = deque([first])
        while queue and len(came) <= MOST_LOOKED_AT:
            k, seen = here = queue.popleft()
            for e, t in self._within(k):
                after = t, self._state(t, self._step(e, seen))
                if t == start and self._fair(after[1]):
                    return [*_edges(came, here), e]
                if after not in came:
                    came[after] = here, e
                    queue.append(after)
        return None

    # ------------------------------------------------------------ a loop in any case

    def _round_trip(self, start: int) -> list[int]:
        """A fair loop: past all that is missing, the nearest of each first, and back."""
        edges: list[int] = []
        k, seen = start, self._state(start, (0, 0, 0, False))

        def go(found: list[int]) -> None:
            nonlocal k, seen
            for e in found:
                k = int(self.graph.targets[e])
                seen = self._state(k, self._step(e, seen))
            edges.extend(found)

        g = self.graph
        for unit, _ in enumerate(g.units):
            bit = 1 << unit
            if bit & g.weak & ~seen[0] or bit & g.strong & ~seen[2]:
                go(self._towards(k, lambda d, u=unit: self._settling(d, u)))  # type: ignore[misc]
        if not seen[3]:
            go(self._towards(k, lambda d: (_nearest(d, self.wanted), -1)))
        go(self._towards(k, lambda d: (start, -1)))
        return edges

    def _settling(self, distance: npt.NDArray[np.uint32], unit: int) -> tuple[int, int]:
        """The nearest state where a weakly fair unit is not enabled, or the nearest step of one.

        The state is -1 where a strongly fair unit has no step in the set: it is not enabled there.
        """
        g, bit = self.graph, np.uint64(1 << unit)
        if int(bit) & g.weak:
            free = self.inside & ((g.enabled & bit) == 0)
            if free.any():
                return _nearest(distance, free), -1
        edges = np.flatnonzero(g.unit_of == unit)
        sources, targets = g.graph.sources[edges], g.targets[edges]
        edges = edges[self.inside[sources] & self.inside[targets] & (sources != targets)]
        if not len(edges):
            return -1, -1
        e = int(edges[np.argmin(distance[g.graph.sources[edges]])])
        return int(g.graph.sources[e]), e

    def _towards(
        self, k: int, goal: Callable[[npt.NDArray[np.uint32]], tuple[int, int]]
    ) -> list[int]:
        """The edges of a shortest path to a state within the set, and one more if it is given."""
        distance, via = reached(self.graph, self.inside, np.array([k], np.uint32), from_zero=True)
        target, last = goal(distance)
        if target < 0:
            return []
        return [*path(self.graph, via, target), *([last] if last >= 0 else [])]


def _edges(
    came: dict[tuple[int, Seen], tuple[tuple[int, Seen], int] | None], here: tuple[int, Seen]
) -> list[int]:
    found = []
    while (link := came[here]) is not None:
        here, edge = link
        found.append(edge)
    return found[::-1]


def _nearest(distance: npt.NDArray[np.uint32], among: Marks) -> int:
    return int(np.argmin(np.where(among, distance, FAR)))


def reached(
    graph: FairGraph, allowed: Marks, seeds: npt.NDArray[np.uint32], from_zero: bool = False
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Distances from the seeds through allowed states, and the edge by which each is reached.

    Seeds start at their depth in the graph, or at 0.
    """
    distance, via = np.full(graph.count, FAR, np.uint32), np.full(graph.count, -1, np.int64)
    depth = np.zeros(graph.count, np.uint32) if from_zero else graph.depth
    queue = np.zeros(graph.count, np.uint32)
    inside = allowed.astype(np.uint8)
    spread(graph.offsets, graph.targets, inside, seeds, depth, distance, via, queue)
    return distance, via


def path(graph: FairGraph, via: npt.NDArray[np.int64], k: int) -> list[int]:
    """The edges by which a state was reached from a seed."""
    found: list[int] = []
    while (e := int(via[k])) >= 0:
        found.append(e)
        k = int(graph.graph.sources[e])
    return found[::-1]
