"""Which states of a part of the graph lie on a loop that is fair, by components.

A set of states is fair if a run can go round all of them for ever and treat every unit fairly: it
is strongly connected, every weakly fair unit is taken in it or not enabled in one of its states,
and every strongly fair unit is taken in it or enabled in none of them. A single state is strongly
connected, since a run may stutter there; a stutter takes nothing.

A component where a weakly fair unit is enabled throughout and never taken contains no fair set at
all. Where a strongly fair unit is enabled but never taken, a fair set cannot contain the states
that enable it: they are removed, and what is left is divided into components again, until each is
fair or gone. So fairness is always decided for the component that is left, never for one around it
(Emerson, Lei, Sci. Comput. Programming 1987, section 5; Lichtenstein, Pnueli, POPL 1985).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .fair_graph import FairGraph
from .passes import components, summaries

Marks = npt.NDArray[np.bool_]


@dataclass
class FairLoops:
    """The fair sets within `region` that contain a state of `wanted`.

    `number[k]` is that of the largest fair set with state k, 0 if there is none.
    """

    graph: FairGraph
    region: Marks
    wanted: Marks

    def __post_init__(self) -> None:
        n = self.graph.count
        self.number = np.zeros(n, np.uint32)
        self._found = 0
        self._component = np.zeros(n, np.uint32)
        self._index, self._low = np.zeros(n, np.uint32), np.zeros(n, np.uint32)
        self._stack, self._calls = np.zeros(n, np.uint32), np.zeros(n, np.uint32)
        self._position = np.zeros(n, np.int64)
        active = self.region.astype(np.uint8)
        wanted = self.wanted.astype(np.uint8)
        while len(nodes := np.flatnonzero(active).astype(np.uint32)):
            active[:] = 0
            active[self._round(nodes, wanted)] = 1
        held = (self.number, self._component, self._index, self._low, self._stack, self._calls)
        self.nbytes = sum(a.nbytes for a in (*held, self._position, active, wanted))

    def _round(
        self, nodes: npt.NDArray[np.uint32], wanted: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.uint32]:
        """Number the fair components of these states; the states that are still in question."""
        g, component = self.graph, self._component
        active = np.zeros(g.count, np.uint8)
        active[nodes] = 1
        component[:] = 0
        self._index[nodes] = 0
        found = components(
            *(g.offsets, g.targets, active, nodes, component),
            *(self._index, self._low, self._stack, self._calls, self._position),
        )
        present, absent, taken = (np.zeros(found + 1, np.uint64) for _ in range(3))
        good = np.zeros(found + 1, np.uint8)
        summaries(
            *(g.offsets, g.targets, g.unit_of, g.enabled, wanted, nodes, component),
            *(present, absent, taken, good),
        )
        weak, strong = np.uint64(g.weak), np.uint64(g.strong)
        hopeless = (weak & ~(absent | taken)) != 0
        hopeless |= good == 0
        unfair = strong & present & ~taken
        fair = ~hopeless & (unfair == 0)
        numbers = np.zeros(found + 1, np.uint32)
        numbers[fair] = self._found + 1 + np.arange(np.count_nonzero(fair), dtype=np.uint32)
        self._found += int(np.count_nonzero(fair))
        mine = component[nodes]
        self.number[nodes] = numbers[mine]
        left = ~hopeless[mine] & ~fair[mine] & ((g.enabled[nodes] & unfair[mine]) == 0)
        remaining: npt.NDArray[np.uint32] = nodes[left]
        return remaining
