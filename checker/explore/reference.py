"""The reference explorer: breadth-first, in plain Python, over the class as CPython runs it.

Slow and obvious. It shares nothing with the compiled kernel, not even the captured description,
and every faster engine is tested against it.
"""

from __future__ import annotations

import time
from typing import Any

from quorate.model.language.protocol import Protocol
from quorate.model.language.run import Machine, State
from quorate.model.language.sorts import Sizes

from .result import Exploration, Move, Outcome


def explore_reference(
    protocol: type[Protocol], sizes: Sizes, limit: int | None = None
) -> Exploration:
    """Visit every reachable state, or up to `limit`; stop at the first violation.

    Raises StepError where the description is undefined.
    """
    started = time.perf_counter()
    with sizes:
        return _Search(protocol, sizes, limit).run(started)


class _Search:
    def __init__(self, protocol: type[Protocol], sizes: Sizes, limit: int | None) -> None:
        self.machine = Machine(protocol, sizes)
        self.limit = limit
        self.invariants = list(protocol.methods("invariant"))
        self.reachables = list(protocol.methods("reachable"))
        self.parents: dict[State, tuple[State, str, Any] | None] = {}
        self.fired = dict.fromkeys(self.machine.actions, 0)
        self.reached: set[str] = set()
        self.depth = 0

    def run(self, started: float) -> Exploration:
        outcome, bad, violated = self._search()
        path = self._path(bad) if bad is not None else ()
        return Exploration(
            outcome=outcome,
            states=len(self.parents),
            transitions=sum(self.fired.values()),
            depth=len(path) if bad is not None else self.depth,
            violated=violated,
            initial=self._root(bad) if bad is not None else None,
            path=path,
            fired=self.fired,
            reached=frozenset(self.reached),
            seconds=time.perf_counter() - started,
        )

    def _search(self) -> tuple[Outcome, State | None, str | None]:
        frontier: list[State] = []
        for state in self.machine.initial():
            if state not in self.parents:
                self.parents[state] = None
                frontier.append(state)
                if (name := self._violation(state)) is not None:
                    return Outcome.VIOLATED, state, name
        if self.limit is not None and len(self.parents) >= self.limit:
            return Outcome.LIMIT, None, None
        while frontier:
            following: list[State] = []
            for state in frontier:
                for action, args, after in self.machine.successors(state):
                    self.fired[action] += 1
                    if after in self.parents:
                        continue
                    self.parents[after] = (state, action, args)
                    following.append(after)
                    if (name := self._violation(after)) is not None:
                        return Outcome.VIOLATED, after, name
                    if self.limit is not None and len(self.parents) >= self.limit:
                        return Outcome.LIMIT, None, None
                    self.machine.load(state)
            frontier = following
            self.depth += bool(following)
        return Outcome.HOLDS, None, None

    def _violation(self, state: State) -> str | None:
        self.reached |= {n for n in self.reachables if self.machine.holds(n, state)}
        return next((n for n in self.invariants if not self.machine.holds(n, state)), None)

    def _path(self, state: State) -> tuple[Move, ...]:
        moves: list[Move] = []
        while (link := self.parents[state]) is not None:
            before, action, args = link
            moves.append(Move(action, args, state))
            state = before
        return tuple(reversed(moves))

    def _root(self, state: State) -> State:
        while (link := self.parents[state]) is not None:
            state = link[0]
        return state
