"""A naive oracle of fair runs: every set of states is tried, straight from the definition."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


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

    def violates(self, kind: str, *holds: set[int]) -> bool:
        """Whether some fair run violates a property whose predicates hold in these states."""
        every = set(range(self.states))
        last = holds[-1]
        reached = self.reachable(range(self.initial), every)
        if kind == "eventually":
            inside = self.reachable(range(self.initial), every - last)
        elif kind == "leads_to":
            inside = self.reachable((holds[0] & reached) - last, every - last)
        elif kind == "always_eventually":
            inside = reached - last
        else:
            return any(chosen - last for chosen in self.fair_sets(reached))
        return any(True for _ in self.fair_sets(inside))
