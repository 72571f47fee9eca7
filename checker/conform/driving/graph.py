"""The known part of the model's graph: states by number, their steps, shortest paths.

A state is expanded when its steps are first needed. If all are expanded, in breadth-first order,
the path to a state is a shortest one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from quorate.checker.conform.showing import Row
from quorate.checker.conform.space import Code, Space

Edge = tuple[Code, int]
"""An action with arguments, and the number of the state it leads to."""


class ModelGraph:
    """States are numbered as they are found; the initial ones come first."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.rows: list[Row] = list(space.initial)
        self.number: dict[Row, int] = {row: k for k, row in enumerate(self.rows)}
        self.initial = range(len(self.rows))
        self.came_from: list[tuple[int, Code] | None] = [None] * len(self.rows)
        """The state that each was met from, and by which step."""
        self._edges: list[list[Edge] | None] = [None] * len(self.rows)
        self.transitions = 0
        """Of the states that were expanded."""

    def edges(self, state: int) -> list[Edge]:
        """The steps from a state, those that change nothing included. Raises StepError."""
        found = self._edges[state]
        if found is None:
            steps = self.space.steps(self.rows[state])
            known = self.number.get
            found = self._edges[state] = [
                (c, number if (number := known(r)) is not None else self._numbered(r, state, c))
                for c, r in steps
            ]
            self.transitions += len(found)
        return found

    def _numbered(self, row: Row, source: int, code: Code) -> int:
        """The number of a state that was met for the first time."""
        number = self.number[row] = len(self.rows)
        self.rows.append(row)
        self.came_from.append((source, code))
        self._edges.append(None)
        return number

    def explore(self, most: int, stop: Callable[[], bool]) -> bool:
        """Expand all states, unless there are more transitions than `most`; whether it did."""
        for state, _ in enumerate(self.rows):
            self.edges(state)
            if self.transitions > most or (state % 1000 == 999 and stop()):
                return False
        return True

    def way(self, state: int) -> list[Edge]:
        """The steps by which a state was first met, from an initial state on."""
        found: list[Edge] = []
        at = state
        while (origin := self.came_from[at]) is not None:
            found.append((origin[1], at))
            at = origin[0]
        return found[::-1]

    def start_of(self, state: int) -> int:
        """The initial state that `way` begins in."""
        while (origin := self.came_from[state]) is not None:
            state = origin[0]
        return state


def nearest(
    start: int,
    ways: Callable[[int], Iterable[Edge]],
    wanted: Callable[[int], bool],
    most: int | None = None,
) -> tuple[list[Edge] | None, list[int]]:
    """The shortest way to a wanted state, None if there is none; and the states looked at.

    It gives up after `most` states: then the way is None, and more than `most` were looked at.
    """
    origin: dict[int, tuple[int, Edge] | None] = {start: None}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        if wanted(state):
            found: list[Edge] = []
            while (step := origin[state]) is not None:
                state, edge = step
                found.append(edge)
            return found[::-1], list(origin)
        if most is not None and len(origin) > most:
            break
        for edge in ways(state):
            if edge[1] not in origin:
                origin[edge[1]] = (state, edge)
                queue.append(edge[1])
    return None, list(origin)
