"""An implementation is driven along one run, given as data: calls, one after the other.

A call that the model has in the state reached is a step, any other a probe: it must do nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quorate.checker.conform.adapter import AdapterError
from quorate.checker.conform.adapters.calls import NoValueError, plain
from quorate.checker.conform.adapters.subject import Subject
from quorate.checker.conform.space import Code, Space
from quorate.checker.errors import InputError
from quorate.checker.tracing.values import show_state
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter
from quorate.traces import FrozenMap, Value

from .driver import Act, DifferenceGroup, Driver
from .graph import ModelGraph
from .repeating import TIMES, FoundDifference, Nowhere, Repeater

Run = Sequence[tuple[str, Mapping[str, Any]]]
"""Actions with their arguments by name, as an adapter would show them."""


@dataclass(frozen=True)
class Followed:
    """How an implementation fared along a run."""

    length: int
    difference: FoundDifference | None
    reason: str | None
    """Why nothing can be said, though no difference was met."""
    unseen: tuple[str, ...]
    """The variables that were never compared."""

    @property
    def holds(self) -> bool:
        """Whether all was done as the model has it."""
        return self.difference is None and self.reason is None


def follow(
    protocol: type[Protocol],
    name: str,
    sizes: Sizes,
    subject: Subject,
    run: Run,
    initial: Mapping[str, Any],
    hidden: int = 0,
) -> Followed:
    """Drive a subject along a run. `initial` says which initial state is meant, if there are more.

    Up to `hidden` steps may happen unasked, before and after each.

    Raises AdapterError, InputError for what the model does not have, StepError, SizeError.
    """
    with sizes:
        graph = ModelGraph(Space(protocol, sizes))
        return _Following(graph, subject, name, [*run], hidden).follow(_number(graph, initial))


class _Following:
    def __init__(
        self, graph: ModelGraph, subject: Subject, name: str, run: Run, hidden: int
    ) -> None:
        self.graph, self.subject, self.name, self.run = graph, subject, name, run
        self.hidden = hidden
        self.driver = Driver(graph, subject, Nowhere(), name, lambda: False, hidden)

    def follow(self, initial: int) -> Followed:
        try:
            if (group := self.driver.follow(initial, ())) is not None:
                return self._result(group)
            return self._followed(initial)
        except AdapterError as error:
            raise AdapterError(f"{self.driver.place}: {error}") from error

    def _followed(self, state: int) -> Followed:
        driver, called = self.driver, [plain_call(self.graph.space, *call) for call in self.run]
        for number, (action, args) in enumerate(called, start=1):
            act = self._act(state, action, args)
            title = f"step {number}, {action}"
            if act is None:
                return self._result(reason=f"{title}: the model neither has nor forbids it here")
            skipped = driver.coverage.skipped
            reached = driver.do(state, act)
            if reached is None:
                return self._result(next(iter(driver.groups.values())))
            if driver.coverage.skipped > skipped:
                return self._result(reason=f"{title}: the adapter cannot bring it about")
            expected = state if act.target is None else act.target
            if reached != expected and not self.hidden and number < len(called):
                return self._result(reason=f"{title}: another argument was chosen than in the run")
            state = reached
        if driver.coverage.steps and not driver.comparer.moved:
            return self._result(reason="no step was seen to change or send anything")
        return self._result()

    def _act(self, state: int, action: str, args: Mapping[str, Value]) -> Act | None:
        """A call as the model has it in a state."""
        graph, space = self.graph, self.graph.space
        edges = dict(graph.edges(state))
        code = _found(space, edges, action, args)
        if code is not None:
            return Act(code, edges[code])
        code = _found(space, space.disabled(graph.rows[state]), action, args)
        return None if code is None else Act(code, None)

    def _result(self, group: DifferenceGroup | None = None, reason: str | None = None) -> Followed:
        space = self.graph.space
        shown = self.driver.comparer.shown | {space.messages}
        unseen = tuple(v.name for v in space.description.variables if v.name not in shown)
        difference = None if group is None else told(self.graph, self.subject, self.name, group)
        return Followed(len(self.run), difference, reason, unseen)


def plain_call(
    space: Space, action: str, args: Mapping[str, Any]
) -> tuple[str, Mapping[str, Value]]:
    """A call with the values of a trace. Raises InputError if the model has no such action."""
    known = {a.name: a for a in space.description.actions}
    model = space.description.name
    if action not in known:
        near = difflib.get_close_matches(action, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"
        raise InputError(f"{action}: {model} has no such action; {hint}")
    wanted = [p.var.name for p in known[action].parameters]
    if sorted(args) != sorted(wanted):
        found = ", ".join(args) or "none"
        raise InputError(f"{action}: found the arguments {found}, expected {', '.join(wanted)}")
    return action, _plain(action, args)


def _plain(place: str, values: Mapping[str, Any]) -> dict[str, Value]:
    try:
        return {name: plain(value) for name, value in values.items()}
    except NoValueError as error:
        raise InputError(f"{place}: found {error}, expected a value") from None


def _found(
    space: Space, codes: Iterable[Code], action: str, args: Mapping[str, Value]
) -> Code | None:
    calls = ((code, space.call(code)) for code in codes)
    return next((code for code, c in calls if c.action == action and c.args == args), None)


def _number(graph: ModelGraph, initial: Mapping[str, Any]) -> int:
    """The initial state in which variables have these values. Raises InputError."""
    wanted = _plain("initial", initial)
    shown = {number: graph.space.shown(graph.rows[number]) for number in graph.initial}
    found = [k for k, state in shown.items() if wanted.items() <= state.items()]
    if len(found) != 1:
        model = graph.space.description.name
        raise InputError(
            f"initial: {len(found)} of the {len(shown)} initial states of {model} are like that, "
            "expected one"
        )
    return found[0]


def distinguishing(
    protocol: type[Protocol], sizes: Sizes, initial: FrozenMap
) -> Mapping[str, Value]:
    """The variables of an initial state that tell it from the model's other ones."""
    with sizes:
        description = describe(protocol)
        states = [show_state(description, s) for s in Interpreter(protocol, sizes).initial()]
    names = [v.name for v in description.variables]
    return {name: initial[name] for name in names if any(s[name] != initial[name] for s in states)}


def told(graph: ModelGraph, subject: Subject, name: str, group: DifferenceGroup) -> FoundDifference:
    """A difference as it was met last, not repeated."""
    repeater = Repeater(graph, subject, protocol=name, out_of_time=lambda: True, hidden=0)
    return repeater.described(group, group.best, TIMES)
