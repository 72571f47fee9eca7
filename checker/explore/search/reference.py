"""The reference explorer: breadth-first, in plain Python, over the class as CPython runs it.

It is slow and obvious. It shares nothing with the compiled kernel, not even the captured
description, except for the text of guards. Every faster engine is tested against it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Any

from quorate.checker.explore.bounds import is_bound, keeps_links
from quorate.checker.explore.claims import claimed
from quorate.checker.results import DEADLOCK, Exploration, Finding, GuardCoverage, Move, Outcome
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.description import describe
from quorate.model.language.diagnostics import StepError, UndefinedAt
from quorate.model.language.interpreter import Interpreter, State

from .interface import Progress, SearchEngine

End = tuple[Outcome, State | None, str | None]  # how, where, and which invariant is violated


def explore_reference(
    protocol: type[Protocol],
    sizes: Sizes,
    limit: int | None = None,
    only: Collection[str] | None = None,
    coverage: bool = False,
    deadlock: bool = False,
) -> Exploration:
    """Visit every reachable state, or up to `limit`; stop at the first violation.

    It also stops at the first undefined step or property and, with `deadlock`, at a state that is
    not final and where nothing can happen. `only` names the invariants to check, by default all.
    With `coverage`, a complete search counts guards. Raises UnknownPropertyError.
    """
    return ReferenceSearch(protocol, sizes, limit, only, coverage, deadlock).run()


class ReferenceSearch(SearchEngine):
    """The search as `explore_reference` says; one call of `expand` takes a level."""

    def __init__(
        self,
        protocol: type[Protocol],
        sizes: Sizes,
        limit: int | None = None,
        only: Collection[str] | None = None,
        coverage: bool = False,
        deadlock: bool = False,
    ) -> None:
        self.sizes, self.limit, self.coverage = sizes, limit, coverage
        self.deadlock = deadlock
        with sizes:
            self.invariants = claimed(protocol, only)
            self.interpreter = Interpreter(protocol, sizes)
        self.reachables = list(protocol.methods("reachable"))
        self.parents: dict[State, tuple[State, str, Any] | None] = {}
        self.frontier: list[State] = []
        self.expanded = 0
        self.fired = dict.fromkeys(self.interpreter.actions, 0)
        self.constraints = list(protocol.methods("constraint"))
        self.reached: set[str] = set()
        self.outside: set[State] = set()
        self.depth = 0
        self._end_state: State | None = None
        self._violated: str | None = None
        self._undefined: UndefinedAt | None = None

    def begin(self) -> Outcome | None:
        return self._ended(self._initial)

    def expand(self) -> Outcome | None:
        return self._ended(self._level)

    def progress(self) -> Progress:
        states = len(self.parents)
        return Progress(states, states - self.expanded, self.depth, self.seconds)

    def confirm(self, outcome: Outcome) -> Finding:
        """The finding: it comes from CPython, so nothing is run again."""
        state = self._end_state
        root = None if state is None else self._root(state)
        path = () if state is None else self._path(state)
        return Finding(root, path, self._violated, self._undefined)

    def result(self, outcome: Outcome, finding: Finding) -> Exploration:
        guards = self.coverage and outcome is Outcome.HOLDS
        beyond = len(self.outside)
        return Exploration(
            outcome=finding.outcome(outcome, beyond),
            outside=beyond if outcome is Outcome.HOLDS else 0,
            states=len(self.parents),
            transitions=sum(self.fired.values()),
            depth=finding.depth(self.depth),
            violated=finding.violated,
            undefined=finding.undefined,
            initial=finding.initial,
            path=finding.path,
            fired=self.fired,
            reached=frozenset(self.reached),
            guards=tuple(self._guards()) if guards else (),
            seconds=self.seconds,
            waiting=len(self.parents) - self.expanded,
        )

    def _ended(self, look: Callable[[], End | None]) -> Outcome | None:
        """The outcome if a part of the search ends it, as an undefined step does."""
        try:
            end = look()
        except StepError as error:
            if error.at is None or error.at.kind == "init":
                raise
            self._undefined = error.at
            end = Outcome.UNDEFINED, error.at.state, None
        if end is None:
            return None
        outcome, self._end_state, self._violated = end
        return outcome

    def _initial(self) -> End | None:
        self.frontier = list(dict.fromkeys(self.interpreter.initial()))
        self.parents.update(dict.fromkeys(self.frontier))
        for state in self.frontier:
            if (name := self._violation(state)) is not None:
                return Outcome.VIOLATED, state, name
        return (Outcome.LIMIT, None, None) if self._full() else None

    def _level(self) -> End | None:
        following: list[State] = []
        for state in self.frontier:
            if (end := self._expand(state, following)) is not None:
                return end
        self.frontier = following
        self.depth += bool(following)
        return None if following else (Outcome.HOLDS, None, None)

    def _expand(self, state: State, following: list[State]) -> End | None:
        """Take the steps of a state, up to one that ends the search. All steps are counted."""
        self.expanded += 1
        if state in self.outside:
            return None
        before = dict(self.fired)
        try:
            for action, args, after in self.interpreter.successors(state):
                self.fired[action] += 1
                if after in self.parents:
                    continue
                self.parents[after] = (state, action, args)
                following.append(after)
                end = self._end(after)
                self.interpreter.load(state)
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
        """Count every step of a state, including undefined ones."""
        m = self.interpreter
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
        self.reached |= {n for n in self.reachables if self.interpreter.holds(n, state)}
        bounds = [self.interpreter.holds(n, state) for n in self.constraints]
        if not all(bounds):
            self.outside.add(state)
        violated = (n for n in self.invariants if not self.interpreter.holds(n, state))
        if (name := next(violated, None)) is not None:
            return name
        return DEADLOCK if self.deadlock and self.interpreter.is_deadlock(state) else None

    def _guards(self) -> Iterator[GuardCoverage]:
        """How often each `require` was the first to fail: CPython counts, by lines."""
        m, blocked = self.interpreter, Counter[tuple[str, int]]()
        for state in self.parents.keys() - self.outside:
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
                yield GuardCoverage(
                    *at, guard.text, blocked[at], is_bound(guard), keeps_links(guard)
                )

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
