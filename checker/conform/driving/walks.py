"""Which step to take next: walks that cover every transition.

They go through the model's graph, and know what is still to be tried in each state: its
transitions, and its probes, which are steps that the model disables.
"""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from quorate.checker.conform.space import Code

from .graph import Edge, ModelGraph, nearest

LOOKED_AT = 30
"""How many states a plan looks at before it takes any way that is still open."""

WANDERS = 50
"""How many steps in a row may be taken so before a plan looks at all states after all."""

OTHERS_AT_A_STATE = 1
"""How many steps that no state enables are tried in a state, besides those not yet tried."""


class Walker(Protocol):
    """Chooses steps. Whoever drives says what became of each."""

    def start(self) -> int | None:
        """The initial state of the next walk; None where nothing is left."""
        ...

    def is_open(self, state: int, besides: Edge | None = None) -> bool:
        """Whether a walk from a state can reach what is left; or has there more than a step."""
        ...

    def probes(self, state: int) -> list[Code]:
        """The probes to make in a state now."""
        ...

    def probed(self, state: int, count: int) -> None:
        """So many of these were made."""
        ...

    def next(self, state: int, length: int) -> Edge | None:
        """The next step of a walk of so many steps that is in a state; None to end it."""
        ...

    def taken(self, state: int, edge: Edge) -> None:
        """A step was taken as the model has it."""
        ...

    def failed(self, state: int, edge: Edge) -> None:
        """A step was not: it leads nowhere."""
        ...


class Covering:
    """Every transition and every probe of a graph that is known whole, by few long walks."""

    def __init__(self, graph: ModelGraph, probing: bool) -> None:
        self.graph = graph
        count = len(graph.rows)
        # What is still to be tried, the last first: what changes nothing costs no walk.
        self._edges = [self._in_order(state) for state in range(count)]
        self._probes: list[list[Code] | None] = [None if probing else [] for _ in range(count)]
        self._ways = [[e for e in graph.edges(s) if e[1] != s] for s in range(count)]
        self._moving = [len(edges) for edges in self._ways]  # of what is to be tried, what moves
        self._sources: list[list[int]] = [[] for _ in range(count)]
        for state, edges in enumerate(self._ways):
            for _, target in edges:
                self._sources[target].append(state)
        # How many ways from each state are still open. Where it is none, and nothing is left in
        # the state itself, it is over. States in a circle are found to be over by `_toward`.
        self._open = [len(edges) for edges in self._ways]
        self._others: Counter[Code] = Counter()
        self._over = bytearray(count)
        self._plan: list[Edge] = []
        self._wandered = 0

    def _in_order(self, state: int) -> list[Edge]:
        edges = self.graph.edges(state)
        return [e for e in edges if e[1] != state] + [e for e in edges if e[1] == state]

    def start(self) -> int | None:
        self._plan = []
        for state in self.graph.initial:
            if self._is_left(state) or self._toward(state):
                return state
        return None

    def is_open(self, state: int, besides: Edge | None = None) -> bool:
        if besides is None:
            return not self._over[state]
        left = self._edges[state]
        tried_next = bool(left) and (left[-1] is besides or besides in left)
        return self._moving[state] > tried_next

    def probes(self, state: int) -> list[Code]:
        found = self._probes[state]
        if found is None:
            found = self._probes[state] = self._to_probe(state)
            self._settle(state)
        return found

    def _to_probe(self, state: int) -> list[Code]:
        """All that is disabled here, but of what no state enables what was tried least."""
        space = self.graph.space
        disabled = space.disabled(self.graph.rows[state])
        others = [code for code in disabled if space.is_never_enabled(code)]
        new = [code for code in others if not self._others[code]]
        again = sorted((c for c in others if self._others[c]), key=self._others.__getitem__)
        left_out = set(again[max(0, OTHERS_AT_A_STATE - len(new)) :])
        self._others.update(set(others) - left_out)
        return [code for code in disabled if code not in left_out]

    def probed(self, state: int, count: int) -> None:
        self._probes[state] = self.probes(state)[count:]
        self._settle(state)

    def next(self, state: int, length: int) -> Edge | None:
        if left := self._edges[state]:
            if self._plan:
                self._plan = []
            edges, probes = self._edges, self._probes
            for edge in reversed(left):
                target = edge[1]
                if edges[target] or probes[target] != []:  # as `_is_left`; or it stays here
                    return edge
            return left[-1]
        if self._over[state]:
            return None
        if not self._plan or self._plan[-1] not in self._ways[state]:
            self._plan = (self._toward(state) or [])[::-1]
        return self._plan.pop() if self._plan else None

    def taken(self, state: int, edge: Edge) -> None:
        left = self._edges[state]
        if left and left[-1] is edge:  # as it mostly is
            left.pop()
        elif edge in left:
            left.remove(edge)
        else:
            return
        self._moving[state] -= edge[1] != state
        if not left:
            self._settle(state)

    def failed(self, state: int, edge: Edge) -> None:
        self.taken(state, edge)
        self._plan = []
        if edge in self._ways[state]:
            self._ways[state].remove(edge)
            self._sources[edge[1]].remove(state)
            self._open[state] -= not self._over[edge[1]]
            self._settle(state)

    def _is_left(self, state: int) -> bool:
        return bool(self._edges[state]) or self._probes[state] != []

    def _settle(self, state: int) -> None:
        """Find out whether a state is over, and with it others before it."""
        pending = [state]
        while pending:
            at = pending.pop()
            if not (self._over[at] or self._open[at] or self._is_left(at)):
                self._over[at] = 1
                for source in self._sources[at]:
                    self._open[source] -= 1
                    pending.append(source)

    def _toward(self, state: int) -> list[Edge] | None:
        """The way to the nearest state where something is left; or a step by an open way."""
        most = None if self._wandered >= WANDERS else LOOKED_AT
        way, seen = nearest(state, self._open_ways, self._is_left, most)
        if way is not None:
            self._wandered = 0
            return way
        if most is not None and len(seen) > most:
            self._wandered += 1
            return self._open_ways(state)[:1]
        circle = [other for other in seen if not self._over[other]]  # nothing is left of it
        for other in circle:
            self._over[other] = 1
        for other in circle:
            for source in self._sources[other]:
                self._open[source] -= 1
                self._settle(source)
        return None

    def _open_ways(self, state: int) -> list[Edge]:
        over = self._over
        return [e for e in self._ways[state] if not over[e[1]]]


class Nowhere:
    """A walker for a run that is given."""

    def start(self) -> int | None:
        return None

    def is_open(self, state: int, besides: Edge | None = None) -> bool:
        return False

    def probes(self, state: int) -> list[Code]:
        return []

    def probed(self, state: int, count: int) -> None: ...

    def next(self, state: int, length: int) -> Edge | None:
        return None

    def taken(self, state: int, edge: Edge) -> None: ...

    def failed(self, state: int, edge: Edge) -> None: ...
