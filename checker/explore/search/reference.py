"""The reference explorer: breadth-first, in plain Python, over the class as CPython runs it.

Slow and obvious. It shares nothing with the compiled kernel, not even the captured description (but
for the text that guards are shown by), and every faster engine is tested against it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from quorate.checker.explore.bounds import is_bound
from quorate.checker.explore.claims import claimed
from quorate.checker.results import (
    Exploration,
    Finding,
    GuardCoverage,
    Move,
    Outcome,
    from_the_start,
)
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.description import describe
from quorate.model.language.diagnostics import StepError, UndefinedAt
from quorate.model.language.interpreter import Interpreter, State

End = tuple[Outcome, State | None, str | None]  # how, where, and which invariant is violated


def explore_reference(
    protocol: type[Protocol],
    sizes: Sizes,
    limit: int | None = None,
    only: Collection[str] | None = None,
    coverage: bool = False,
) -> Exploration:
    """Visit every reachable state, or up to `limit`; stop at the first violation.

    Or at the first step or property that is undefined. `only` names the invariants to check;
    without it all are. With `coverage` a search that is complete counts guards. Raises
    UnknownPropertyError.
    """
    started = time.perf_counter()
    with sizes:
        search = _Search(protocol, sizes, limit, claimed(protocol, only))
        return from_the_start(lambda: search.run(started, coverage))


class _Search:
    def __init__(
        self, protocol: type[Protocol], sizes: Sizes, limit: int | None, invariants: list[str]
    ) -> None:
        self.machine = Interpreter(protocol, sizes)
        self.limit = limit
        self.invariants = invariants
        self.reachables = list(protocol.methods("reachable"))
        self.parents: dict[State, tuple[State, str, Any] | None] = {}
        self.expanded = 0
        self.fired = dict.fromkeys(self.machine.actions, 0)
        self.reached: set[str] = set()
        self.depth = 0

    def run(self, started: float, coverage: bool) -> Exploration:
        (outcome, bad, violated), undefined = self._ended()
        root = self._root(bad) if bad is not None else None
        path = self._path(bad) if bad is not None else ()
        finding = Finding(root, path, violated, undefined)
        guards = coverage and outcome is Outcome.HOLDS
        return Exploration(
            outcome=outcome,
            states=len(self.parents),
            transitions=sum(self.fired.values()),
            depth=finding.depth(self.depth),
            violated=violated,
            undefined=undefined,
            initial=root,
            path=path,
            fired=self.fired,
            reached=frozenset(self.reached),
            guards=tuple(self._guards()) if guards else (),
            seconds=time.perf_counter() - started,
            waiting=len(self.parents) - self.expanded,
        )

    def _ended(self) -> tuple[End, UndefinedAt | None]:
        """How the search ends, and what is undefined there."""
        try:
            return self._search(), None
        except StepError as error:
            if error.at is None or error.at.kind == "init":
                raise
            return (Outcome.UNDEFINED, error.at.state, None), error.at

    def _search(self) -> End:
        frontier = list(dict.fromkeys(self.machine.initial()))
        self.parents.update(dict.fromkeys(frontier))
        for state in frontier:
            if (name := self._violation(state)) is not None:
                return Outcome.VIOLATED, state, name
        if self._full():
            return Outcome.LIMIT, None, None
        while frontier:
            following: list[State] = []
            for state in frontier:
                if (end := self._expand(state, following)) is not None:
                    return end
            frontier = following
            self.depth += bool(following)
        return Outcome.HOLDS, None, None

    def _expand(self, state: State, following: list[State]) -> End | None:
        """Take the steps of a state, up to one that ends the search; all of them are counted."""
        self.expanded += 1
        before = dict(self.fired)
        try:
            for action, args, after in self.machine.successors(state):
                self.fired[action] += 1
                if after in self.parents:
                    continue
                self.parents[after] = (state, action, args)
                following.append(after)
                end = self._end(after)
                self.machine.load(state)
                if end is not None:
                    self.fired = before
                    self._count(state)
                    return end
        except StepError as error:
            if error.at is not None and error.at.kind == "action":
                self.fired = before
                self._count(state)
            raise
        return None

    def _count(self, state: State) -> None:
        """Count every step of a state, those without a value included."""
        m = self.machine
        for action in m.actions:
            for args in m.choices(state, action):
                try:
                    self.fired[action] += m.step(state, action, args) is not None
                except StepError:
                    # What is undefined is its effect, if it is enabled at all.
                    held = (r.held for r in m.requirements(state, action, args))
                    self.fired[action] += all(held)

    def _end(self, state: State) -> End | None:
        """How the search ends with a state that was just found, if it does."""
        if (name := self._violation(state)) is not None:
            return Outcome.VIOLATED, state, name
        return (Outcome.LIMIT, None, None) if self._full() else None

    def _full(self) -> bool:
        return self.limit is not None and len(self.parents) >= self.limit

    def _violation(self, state: State) -> str | None:
        self.reached |= {n for n in self.reachables if self.machine.holds(n, state)}
        return next((n for n in self.invariants if not self.machine.holds(n, state)), None)

    def _guards(self) -> Iterator[GuardCoverage]:
        """How often each `require` was the first to fail: CPython counts, by lines."""
        m, blocked = self.machine, Counter[tuple[str, int]]()
        for state in self.parents:
            left = dict(zip(m.sizes.faults, state[len(m.variables) :], strict=True))
            for name, method in m.actions.items():
                if not left.get(method._quorate.fault, 1):
                    continue
                for args in m.choices(state, name):
                    failed = (r.line for r in m.requirements(state, name, args) if not r.held)
                    if (line := next(failed, None)) is not None:
                        blocked[name, line] += 1
        for action in describe(m.protocol).actions:
            for guard in action.guards:
                at = action.name, guard.span.line
                yield GuardCoverage(*at, guard.text, blocked[at], is_bound(guard))

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
