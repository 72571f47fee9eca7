"""The runs that would violate a property, and one of them that is fair, if there is any.

Each operator is violated by runs of one form: from a state where the run is *seeded*, it stays in a
region for ever and, of one operator, meets a wanted state again and again.

| property      | seeds                      | region  | wanted |
|---------------|----------------------------|---------|--------|
| ◇P            | initial states without P   | ¬P      | any    |
| □◇P           | any state without P        | ¬P      | any    |
| ◇□P           | any state                  | any     | ¬P     |
| P ↝ Q         | any state with P, not Q    | ¬Q      | any    |

(Manna, Pnueli, The Temporal Logic of Reactive and Concurrent Systems, 1992, chapter 4: guarantee,
recurrence, persistence, response.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .fair_graph import FairGraph
from .fair_loops import FairLoops
from .loops import LoopSearch, path, reached

Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Shape:
    """The form of the runs that violate a property."""

    seeds: Marks
    region: Marks
    wanted: Marks

    @classmethod
    def of(cls, kind: str, holds: list[Marks], initial: int) -> Shape:
        """The form for an operator, given where its predicates hold.

        The first `initial` states are the initial ones.
        """
        last = holds[-1]
        every = np.ones(len(last), np.bool_)
        match kind:
            case "eventually":
                return cls(~last & (np.arange(len(last)) < initial), ~last, every)
            case "always_eventually":
                return cls(~last, ~last, every)
            case "eventually_always":
                return cls(every, every, ~last)
        assert kind == "leads_to", kind
        return cls(holds[0] & ~last, ~last, every)


@dataclass(frozen=True)
class FairRun:
    """A fair run of a form: from an initial state to `seed` by a shortest path, then these edges.

    The loop is empty if the run stutters at the end of the stem.
    """

    seed: int
    stem: list[int]
    loop: list[int]


@dataclass
class RunSearch:
    """Searches a graph for a fair run of a form; `nbytes` is the most memory that one took."""

    graph: FairGraph
    nbytes: int = 0

    def find(self, shape: Shape) -> FairRun | None:
        """A fair run of this form, None if there is none.

        Its stem leads by a shortest path to the nearest state that lies on a fair loop, and its
        loop is as `LoopSearch` says. If stuttering somewhere makes a shorter run, it is that.
        """
        seeds = np.flatnonzero(shape.seeds).astype(np.uint32)
        if not len(seeds):
            return None
        distance, via = reached(self.graph, shape.region, seeds)
        inside = shape.region & (distance != np.uint32(0xFFFFFFFF))
        loops = FairLoops(self.graph, inside, shape.wanted)
        arrays = (distance, via, inside)
        self.nbytes = max(self.nbytes, loops.nbytes + sum(a.nbytes for a in arrays))
        if not loops.number.any():
            return None
        first = _nearest(distance, loops.number != 0)
        found = self._through(first, loops, shape, via)
        resting = inside & shape.wanted & self._nothing_owed()
        if found.loop and resting.any():
            rest = _nearest(distance, resting)
            if int(distance[rest]) < int(distance[first]) + len(found.loop):
                return self._through(rest, loops, shape, via)
        return found

    def _nothing_owed(self) -> Marks:
        """The states that enable no fair unit: a run may stay there."""
        none: Marks = self.graph.enabled == 0
        return none

    def _through(
        self, k: int, loops: FairLoops, shape: Shape, via: npt.NDArray[np.int64]
    ) -> FairRun:
        same = loops.number == loops.number[k]
        loop = LoopSearch(self.graph, same, shape.wanted).loop(k)
        stem = path(self.graph, via, k)
        seed = int(self.graph.graph.sources[stem[0]]) if stem else k
        return FairRun(seed, stem, loop)


def _nearest(distance: npt.NDArray[np.uint32], among: Marks) -> int:
    return int(np.argmin(np.where(among, distance, np.uint32(0xFFFFFFFF))))
