"""A naive oracle of fair runs: every set of states is tried, straight from the definition."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Edge:
    """A step between two states; `unit` is what it counts for, None if it is not fair."""

    source: int
    target: int
    unit: str | None = None


@dataclass(frozen=True)
class Runs:
    """A graph of states with its fairness: the units that are weakly and strongly fair."""

    states: int
    initial: int  # the first so many are initial
    edges: tuple[Edge, ...]
    weak: frozenset[str] = frozenset()
    strong: frozenset[str] = frozenset()

    def enabled(self, state: int) -> set[str | None]:
        return {e.unit for e in self.edges if e.source == state != e.target}

    def is_fair(self, around: Iterable[int], taken: Iterable[Edge]) -> bool:
        """Whether a run is fair that meets these states, and takes these steps, for ever."""
        states, done = set(around), {e.unit for e in taken if e.source != e.target}
        enabled = [self.enabled(k) for k in states]
        weak = all(u in done or any(u not in here for here in enabled) for u in self.weak)
        strong = all(u in done or all(u not in here for here in enabled) for u in self.strong)
        return weak and strong

    def reachable(self, seeds: Iterable[int], region: set[int]) -> set[int]:
        found, waiting = set(), [k for k in seeds if k in region]
        while waiting:
            k = waiting.pop()
            if k not in found:
                found.add(k)
                waiting += [e.target for e in self.edges if e.source == k and e.target in region]
        return found

    def fair_sets(self, inside: set[int]) -> Iterator[frozenset[int]]:
        """The sets of states that a fair run can meet for ever, exactly these."""
        for size in range(1, len(inside) + 1):
            for chosen in map(frozenset, itertools.combinations(sorted(inside), size)):
                among = [e for e in self.edges if {e.source, e.target} <= chosen]
                connected = all(self.reachable([k], set(chosen)) == chosen for k in chosen)
                if connected and self.is_fair(chosen, among):
                    yield chosen

    def form(self, kind: str, *holds: set[int]) -> tuple[set[int], set[int], set[int]]:
        """The runs that violate a property whose predicates hold in these states.

        Each begins in one of the first states, stays in the second for ever, and is in one of the
        third again and again.
        """
        every = set(range(self.states))
        without = every - holds[-1]
        match kind:
            case "eventually":
                return without & set(range(self.initial)), without, every
            case "leads_to":
                return holds[0] & without, without, every
            case "always_eventually":
                return without, without, every
        return every, every, without

    def violates(self, kind: str, *holds: set[int]) -> bool:
        """Whether some fair run violates a property whose predicates hold in these states."""
        first, region, wanted = self.form(kind, *holds)
        reached = self.reachable(range(self.initial), set(range(self.states)))
        inside = self.reachable(first & reached, region)
        return any(chosen & wanted for chosen in self.fair_sets(inside))

    # ------------------------------------------------------------ how long a run has to be

    def distances(self, seeds: Mapping[int, int], region: set[int]) -> dict[int, int]:
        """The least number of steps to each state of a region, from states at given distances."""
        found = {k: n for k, n in seeds.items() if k in region}
        for _ in range(self.states):
            for e in self.edges:
                if e.source in found and e.target in region:
                    further = found[e.source] + 1
                    found[e.target] = min(found.get(e.target, further), further)
        return found

    def shortest_loop(self, start: int, region: set[int], wanted: set[int]) -> int | None:
        """The steps of a shortest fair loop through a state, past a wanted one; None if none is."""
        level = {(start, frozenset({start}), frozenset[Edge]())}
        seen, steps = set(level), 0
        while level:
            for k, met, taken in level:
                if k == start and met & wanted and self.is_fair(met, taken):
                    return steps
            after = {
                (e.target, met | {e.target}, taken | {replace(e, source=0, target=1)})
                for k, met, taken in level
                for e in self.edges
                if k == e.source != e.target and e.target in region
            }
            level, steps = after - seen, steps + 1
            seen |= level
        return None
