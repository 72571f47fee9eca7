"""The abstract protocol, run by CPython: its steps, and why a concrete step is none of them.

Budgets of faults bound a search; they are not part of a protocol. Here faults are always possible,
and states have no budgets.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from quorate.checker.ground.first_states import initial_states
from quorate.checker.tracing.values import show_state
from quorate.model.language import Message, Protocol, StepError
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import MessagesType, RecordType, proper_values
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Arguments, Interpreter, Requirement, State
from quorate.traces import Change, FrozenMap, Record, Step, Trace

MOST_ATTEMPTS = 50_000  # actions with arguments that are tried to explain one step

# The sequences of actions, by name, that lead from one abstract state to another.
ActionSequences = tuple[tuple[str, ...], ...]
# An action by name, with its arguments.
Call = tuple[str, Arguments]
# One such sequence with arguments.
Path = tuple[Call, ...]


@dataclass(frozen=True)
class StateDifference:
    """How two abstract states differ: changed cells, and messages that only one of them has."""

    changes: tuple[Change, ...]
    added: tuple[Record, ...]
    removed: tuple[Record, ...]


@dataclass(frozen=True)
class TriedGuard:
    """One `require` of an action that was tried."""

    file: str
    line: int
    text: str
    held: bool


@dataclass(frozen=True)
class Attempt:
    """An abstract action that was tried to explain a step, and why it does not.

    `differs` is the difference from the state after the action, with its guards ignored, to the
    image of the state after the step; None if the action is undefined.
    """

    action: str
    arguments: Arguments
    guards: tuple[TriedGuard, ...]
    differs: StateDifference | None

    def __str__(self) -> str:
        return f"{self.action}({', '.join(map(repr, self.arguments))})"


@dataclass
class Abstract:
    """The abstract protocol at given sizes. Use it inside the sizes."""

    protocol: type[Protocol]
    sizes: Sizes
    interpreter: Interpreter = field(init=False)
    _after: dict[State, dict[State, Path]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.description = describe(self.protocol)
        self.interpreter = Interpreter(self.protocol, self.sizes)
        self.variables = len(self.interpreter.variables)
        self.sent = next(
            (v.name for v in self.description.variables if isinstance(v.type, MessagesType)), None
        )

    def initial(self) -> list[State]:
        """The initial states."""
        return list(
            dict.fromkeys(s[: self.variables] for s in initial_states(self.protocol, self.sizes))
        )

    def successors(self, state: State) -> dict[State, Path]:
        """The successors of a state, each with the actions and arguments that lead there."""
        if state not in self._after:
            found: dict[State, list[tuple[str, Arguments]]] = {}
            try:
                for action, arguments, after in self.interpreter.successors(self._full(state)):
                    found.setdefault(after[: self.variables], []).append((action, arguments))
            except StepError as error:
                raise StepError(f"{error} (in a state that the mapping gives)") from error
            self._after[state] = {s: tuple(steps) for s, steps in found.items()}
        return self._after[state]

    def _full(self, state: State) -> State:
        return (*state, *(1 for _ in self.sizes.faults))

    def sequences(self, before: State, after: State, most: int) -> ActionSequences:
        """The shortest sequences of at most `most` actions from one state to another."""
        found = (
            itertools.product(*(dict.fromkeys(action for action, _ in steps) for steps in leg))
            for leg in self._legs(before, after, most)
        )
        return tuple(dict.fromkeys(names for leg in found for names in leg))

    def paths(self, before: State, after: State, most: int) -> tuple[Path, ...]:
        """The shortest such sequences with the arguments of each action."""
        return tuple(p for leg in self._legs(before, after, most) for p in itertools.product(*leg))

    def _legs(self, before: State, after: State, most: int) -> list[tuple[Path, ...]]:
        """The shortest sequences without stuttering: for each step the actions that it may be."""
        front: dict[State, list[tuple[Path, ...]]] = {before: [()]}
        for _ in range(most):
            following: dict[State, list[tuple[Path, ...]]] = {}
            for state, legs in front.items():
                for target, steps in self.successors(state).items():
                    if target != state:
                        following.setdefault(target, []).extend((*leg, steps) for leg in legs)
            if after in following:
                return following[after]
            front = following
        return []

    # ------------------------------------------------------------ explaining

    def difference(self, before: State, after: State) -> StateDifference:
        """The difference of two states."""
        old, new = (
            FrozenMap(show_state(self.description, self._full(s)).items()) for s in (before, after)
        )
        step = Trace(
            protocol=self.description.name,
            sizes=(),
            initial=old,
            steps=(Step(action="", args=(), state=new),),
            messages=self.sent,
        )
        return StateDifference(step.changes(1), step.sent(1), step.consumed(1))

    def nearest(self, before: State, after: State) -> Attempt | None:
        """The action whose effect is nearest to the step, whether or not it is enabled."""
        best: tuple[tuple[int, int, int], Call, list[Requirement], State | None] | None = None
        for call in itertools.islice(self._instances(before, after), MOST_ATTEMPTS):
            required, reached = self.interpreter.regardless(self._full(before), *call)
            given = None if reached is None else reached[: self.variables]
            far = _distance(given, after) if given is not None else 1 << 30
            score = (far, sum(not r.held for r in required), int(given == before))
            if best is None or score < best[0]:
                best = (score, call, required, given)
        if best is None:
            return None
        _, (action, arguments), required, given = best
        differs = self.difference(given, after) if given is not None else None
        return Attempt(action, arguments, self._guards(action, required), differs)

    def _instances(self, before: State, after: State) -> Iterator[Call]:
        for action in self.description.actions:
            ranges: list[list[Any]] = []
            for p in action.parameters:
                t = p.var.type
                if isinstance(t, RecordType) and issubclass(t.record, Message):
                    ranges.append(self._messages(t.record, before, after))
                else:
                    ranges.append(list(proper_values(t)))
            yield from ((action.name, args) for args in itertools.product(*ranges))

    def _messages(self, record: type, *states: State) -> list[Any]:
        """The messages of a class that were sent in any of these states."""
        found = {
            message
            for state in states
            for v, value in zip(self.description.variables, state, strict=True)
            if isinstance(v.type, MessagesType)
            for message in value
            if type(message) is record
        }
        return sorted(found, key=repr)

    def _guards(self, action: str, required: list[Requirement]) -> tuple[TriedGuard, ...]:
        """The guards that were evaluated, with their text."""
        known = self.description.action(action).guards
        texts = {(g.span.file, g.span.line): g.text for g in known}
        addressee = "the message is delivered to its addressee"
        return tuple(
            TriedGuard(r.file, r.line, texts.get((r.file, r.line), addressee), r.held)
            for r in required
        )


def _distance(one: State, other: State) -> int:
    """The number of cells and messages in which two states differ."""
    return sum(map(_apart, one, other))


def _apart(x: Any, y: Any) -> int:
    if x == y:
        return 0
    match x, y:
        case frozenset(), frozenset():
            return len(x ^ y)
        case tuple(), tuple() if len(x) == len(y):
            return sum(map(_apart, x, y))
    return 1
