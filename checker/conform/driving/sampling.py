"""Which step to take next where the graph is too large: walks that are a sample of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from quorate.checker.conform.space import Code

from .graph import Edge, ModelGraph

LONGEST = 200
"""How many steps a sampled walk has at most."""

PROBES_AT_A_STATE = 4
"""How many a sampled walk makes in a new state."""

RARELY = 0.1
"""How much less likely a sampled walk takes a step of the environment."""

AIMED = 0.5
"""The part of the walks that begin on a way to a goal."""

Way = tuple[int, list[Edge]]
"""An initial state, and steps from there."""


def ways_to_goals(graph: ModelGraph) -> list[Way]:
    """A shortest way to each goal that is in the part of the graph that is known."""
    wanted, found = set(graph.space.goals), list[Way]()
    for state, row in enumerate(graph.rows):
        if not wanted:
            break
        if met := wanted.intersection(graph.space.reached(row)):
            wanted -= met
            found.append((graph.start_of(state), graph.way(state)))
    return found


class Sampling:
    """Walks through a graph that is too large, drawn by a seed; what was tried least goes first.

    The first walks go to the goals of the model, as far as `ways` leads there. Later ones go a part
    of such a way, so that what is near a goal and what is beside the way is met, and then on.
    """

    def __init__(self, graph: ModelGraph, probing: bool, seed: int, ways: Sequence[Way]) -> None:
        self.graph, self._probing = graph, probing
        self._ways = ways
        self._untried = [*ways]
        self._plan: list[Edge] = []  # what is left of such a way, its last step first
        self._random = random.Random(seed)
        self._tried: Counter[str] = Counter()  # how often each action was taken
        self._done: set[tuple[int, Code]] = set()
        self._closed: set[tuple[int, Code]] = set()
        self._probes: dict[int, list[Code]] = {}
        self._refused: Counter[tuple[str, tuple[int, ...]]] = Counter()

    def start(self) -> int | None:
        if (way := self._next_way()) is not None:
            self._plan = way[1][::-1]
            return way[0]
        self._plan = []
        open_ = [s for s in self.graph.initial if self._open(s)]
        return self._random.choice(open_) if open_ else None

    def _next_way(self) -> Way | None:
        """The way to begin with, if there is one."""
        if self._untried:
            return self._untried.pop(0)
        if not self._ways or self._random.random() >= AIMED:
            return None
        start, way = self._random.choice(self._ways)
        return start, way[: self._random.randint(0, len(way))]

    def is_open(self, state: int, besides: Edge | None = None) -> bool:
        return False  # Each walk begins anew: what was drawn does not depend on copies.

    def probes(self, state: int) -> list[Code]:
        """Of the steps disabled here those whose action and failing guards were tried least."""
        if not self._probing:
            return []
        if state not in self._probes:
            space, row = self.graph.space, self.graph.rows[state]
            codes = space.disabled(row)
            self._random.shuffle(codes)
            kinds = {code: (space.call(code).action, space.failing(row, code)) for code in codes}
            codes.sort(key=lambda code: (self._refused[kinds[code]], len(kinds[code][1])))
            self._probes[state] = codes[:PROBES_AT_A_STATE]
            self._refused.update(kinds[code] for code in self._probes[state])
        return self._probes[state]

    def probed(self, state: int, count: int) -> None:
        self._probes[state] = self._probes[state][count:]

    def next(self, state: int, length: int) -> Edge | None:
        edges = self._open(state) if length < LONGEST else []
        if self._plan and (edge := self._plan.pop()) in edges:
            return edge
        self._plan = []
        if not edges:
            return None
        new = [e for e in edges if (state, e[0]) not in self._done]
        moving = [e for e in edges if e[1] != state]
        choice = new or moving
        if not choice:
            return None
        call = self.graph.space.call
        found = {call(code).action: call(code).environment for code, _ in choice}
        actions = sorted(found)
        weights = [(RARELY if found[a] else 1) / (1 + self._tried[a]) ** 0.5 for a in actions]
        (action,) = self._random.choices(actions, weights)
        return self._random.choice([e for e in choice if call(e[0]).action == action])

    def taken(self, state: int, edge: Edge) -> None:
        self._done.add((state, edge[0]))
        self._tried[self.graph.space.call(edge[0]).action] += 1

    def failed(self, state: int, edge: Edge) -> None:
        self._closed.add((state, edge[0]))

    def _open(self, state: int) -> list[Edge]:
        return [e for e in self.graph.edges(state) if (state, e[0]) not in self._closed]
