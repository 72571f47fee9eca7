"""An implementation is driven along one run, given as data or as text: one call after the other.

A call that the model has in the state reached is a step, any other a probe: it must do nothing.
As text a run is `phase1a(b=b1); phase1b(a=a0, b=b1)`, with `start(2)` in front where the model
starts in several states: the number of one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quorate._spelling import instead
from quorate.checker.conform.adapter import AdapterError
from quorate.checker.conform.adapters.calls import NoValueError, plain
from quorate.checker.conform.adapters.subject import Subject
from quorate.checker.conform.space import Call, Space
from quorate.checker.errors import InputError
from quorate.checker.ground.first_states import initial_states
from quorate.checker.tracing.values import show_state
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.description import describe
from quorate.traces import FrozenMap, Value

from .driver import Act, DifferenceGroup, Driver
from .graph import ModelGraph
from .judging import TIMES, Done, Judge
from .limits import NO_TIME
from .repeating import FoundDifference, Repeater
from .walks import Nowhere

Run = Sequence[tuple[str, Mapping[str, Any]]] | str
"""Actions with their arguments by name, as an adapter would show them; or text."""

MOST_CALLS = 100_000
"""Among how many calls one is looked for that the model does not have where the code is."""

_CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)


@dataclass(frozen=True)
class Followed:
    """How an implementation fared along a run."""

    length: int
    difference: FoundDifference | None
    reason: str | None
    """Why nothing can be said, though no difference was met."""
    unseen: tuple[str, ...]
    """The variables that were never compared."""
    violated: tuple[str, ...] = ()
    """The invariants that are false of what the code shows after the whole run."""

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
        if isinstance(run, str):
            start, calls = _read(graph, run)
            if start is None:
                start = _number(graph, initial)
        else:
            start, calls = _number(graph, initial), [_given(graph.space, *call) for call in run]
        return _Following(graph, subject, name, calls, hidden).follow(start)


def run_text(start: int | None, calls: Iterable[Call]) -> str:
    """A run as text; `start` is the number of the initial state, where there are several.

    A run without calls only starts.
    """
    shown = [*map(str, calls)]
    first = [] if start is None and shown else [f"start({start or 0})"]
    return "; ".join([*first, *shown])


@dataclass(frozen=True)
class _Wanted:
    """A call that was asked for."""

    action: str
    is_meant: Callable[[Call], bool]


def _given(space: Space, action: str, args: Mapping[str, Any]) -> _Wanted:
    name, values = plain_call(space, action, args)
    return _Wanted(name, lambda call: call.action == name and call.args == values)


def _read(graph: ModelGraph, text: str) -> tuple[int | None, list[_Wanted]]:
    """The initial state, if it is said, and the calls of a run. Raises InputError."""
    parts = [part for part in text.split(";") if part.strip()]
    if not parts:
        raise InputError("a run: found nothing, expected ACTION(NAME=VALUE, ...); ...")
    start = None
    if parts and (told := re.fullmatch(r"\s*start\(\s*(\d+)\s*\)\s*", parts[0])):
        start = int(told[1])
        if start not in graph.initial:
            last = len(graph.initial) - 1
            raise InputError(f"start({start}): the initial states are numbered from 0 to {last}")
        del parts[0]
    return start, [_called(graph.space, part) for part in parts]


def _called(space: Space, text: str) -> _Wanted:
    found = _CALL.fullmatch(text)
    if found is None:
        raise InputError(f"found `{text.strip()}`, expected ACTION(NAME=VALUE, ...)")
    bare = "".join(text.split())
    _check_action(space, found[1])
    wanted = _Wanted(found[1], lambda call: "".join(str(call).split()) == bare)
    if len(space.codes) <= MOST_CALLS and _called_so(space, wanted) is None:
        parameters = [p.var.name for p in space.description.action(found[1]).parameters]
        like = f"{found[1]}({', '.join(f'{name}=...' for name in parameters)})"
        raise InputError(f"found `{text.strip()}`, which is no {like} of these sizes")
    return wanted


class _Following:
    def __init__(
        self, graph: ModelGraph, subject: Subject, name: str, run: Sequence[_Wanted], hidden: int
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
        driver, initial, done = self.driver, state, list[Done]()
        for number, wanted in enumerate(self.run, start=1):
            act = self._act(state, wanted)
            title = f"step {number}, {wanted.action}"
            if act is None:
                return self._result(reason=f"{title}: the model neither has nor forbids it here")
            skipped = driver.coverage.skipped
            reached = driver.do(state, act)
            may_refuse = act.target is None or self.hidden > 0
            done.append(Done(self.graph.space.call(act.code), may_refuse))
            if reached is None:
                violated = self._violated(initial, done)
                return self._result(next(iter(driver.groups.values())), violated=violated)
            if driver.coverage.skipped > skipped:
                return self._result(reason=f"{title}: the adapter cannot bring it about")
            expected = state if act.target is None else act.target
            if reached != expected and not self.hidden and number < len(self.run):
                return self._result(reason=f"{title}: another argument was chosen than in the run")
            state = reached
        if driver.coverage.steps and not driver.comparer.moved:
            return self._result(reason="no step was seen to change or send anything")
        return self._result()

    def _violated(self, initial: int, done: Sequence[Done]) -> tuple[str, ...]:
        """What is violated after the whole run, of which so much was done, the last otherwise."""
        *agreed, last = done
        run = [*agreed, replace(last, may_refuse=self.hidden > 0)]
        for wanted in self.run[len(done) :]:
            if (call := _called_so(self.graph.space, wanted)) is None:
                return ()
            run.append(Done(call, may_refuse=self.hidden > 0))
        judge = Judge(self.graph, self.subject, self.name)
        names = [p.name for p in describe(self.graph.space.protocol).invariants]
        return tuple(judge.violated(names, initial, run) or ())

    def _act(self, state: int, wanted: _Wanted) -> Act | None:
        """A call as the model has it in a state."""
        graph, space = self.graph, self.graph.space
        for code, target in graph.edges(state):
            if wanted.is_meant(space.call(code)):
                return Act(code, target)
        disabled = space.disabled(graph.rows[state])
        found = next((code for code in disabled if wanted.is_meant(space.call(code))), None)
        return None if found is None else Act(found, None)

    def _result(
        self,
        group: DifferenceGroup | None = None,
        reason: str | None = None,
        violated: tuple[str, ...] = (),
    ) -> Followed:
        space = self.graph.space
        shown = self.driver.comparer.shown.union(space.network.names if space.network else ())
        unseen = tuple(v.name for v in space.description.variables if v.name not in shown)
        difference = None if group is None else told(self.graph, self.subject, self.name, group)
        return Followed(len(self.run), difference, reason, unseen, violated)


def _called_so(space: Space, wanted: _Wanted) -> Call | None:
    """The call that is meant, whatever state it is in; None among too many."""
    calls = map(space.call, space.codes if len(space.codes) <= MOST_CALLS else ())
    return next(filter(wanted.is_meant, calls), None)


def plain_call(
    space: Space, action: str, args: Mapping[str, Any]
) -> tuple[str, Mapping[str, Value]]:
    """A call with the values of a trace. Raises InputError if the model has no such action."""
    _check_action(space, action)
    wanted = [p.var.name for p in space.description.action(action).parameters]
    if sorted(args) != sorted(wanted):
        found = ", ".join(args) or "none"
        raise InputError(f"{action}: found the arguments {found}, expected {', '.join(wanted)}")
    return action, _plain(action, args)


def _check_action(space: Space, action: str) -> None:
    """Make sure that the model has an action. Raises InputError."""
    known = [a.name for a in space.description.actions]
    if action not in known:
        said = f"{space.description.name} has no action `{action}`"
        raise InputError(f"{said}; {instead(action, known)}")


def _plain(place: str, values: Mapping[str, Any]) -> dict[str, Value]:
    try:
        return {name: plain(value) for name, value in values.items()}
    except NoValueError as error:
        raise InputError(f"{place}: found {error}, expected a value") from None


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
        states = [show_state(description, s) for s in initial_states(protocol, sizes)]
    names = [v.name for v in description.variables]
    return {name: initial[name] for name in names if any(s[name] != initial[name] for s in states)}


def told(graph: ModelGraph, subject: Subject, name: str, group: DifferenceGroup) -> FoundDifference:
    """A difference as it was met last, not repeated."""
    repeater = Repeater(graph, subject, protocol=name, limits=NO_TIME, hidden=0)
    return repeater.described(group, group.best, TIMES)
