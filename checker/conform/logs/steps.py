"""The model's states and steps, as CPython takes them.

A log is one path, not a graph. So nothing is compiled or packed: a state is what its variables
hold, whatever the sizes, and where a line names its step only steps of that kind are tried.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from quorate.checker.tracing.reading import TraceReader
from quorate.checker.tracing.values import show_state, show_value
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import (
    MapType,
    MessagesType,
    Type,
    key_values,
    proper_values,
)
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Arguments, Interpreter, State, parameter_types
from quorate.traces import Value, show

from .terms import WHOLE, Called, Said


class Step(NamedTuple):
    """An action with arguments, as the model's own values."""

    action: str
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Call:
    """A step with the names that a trace has."""

    action: str
    args: Mapping[str, Value]

    def __str__(self) -> str:
        return f"{self.action}({', '.join(f'{n}={show(v)}' for n, v in self.args.items())})"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line says of states, in the model's own values."""

    events: tuple[tuple[str, tuple[tuple[int, Any], ...]], ...] | None
    """Actions with the arguments that are known, by position; None for any step."""
    cells: tuple[tuple[int, int | None, Any], ...]
    """Values by variable and position of the key; without one, of the whole variable."""
    received: frozenset[Any]
    sent: frozenset[Any]


class ModelSteps:
    """The states and steps of a protocol. Make it, and use it, inside `sizes`."""

    def __init__(self, protocol: type[Protocol], sizes: Sizes) -> None:
        self.protocol, self.sizes = protocol, sizes
        self.description = describe(protocol)
        self.interpreter = Interpreter(protocol, sizes)
        variables = self.description.variables
        self.messages = next((v.name for v in variables if isinstance(v.type, MessagesType)), None)
        """The variable that holds the messages sent."""
        self._reader = TraceReader()
        self._index = {v.name: i for i, v in enumerate(variables)}
        self._parameters: dict[str, dict[str, Type]] = {
            a.name: {p.var.name: p.var.type for p in a.parameters} for a in self.description.actions
        }
        self._keys: dict[str, dict[Value, int]] = {}
        self._wanted: dict[int, tuple[Said, Wanted]] = {}

    @property
    def initial(self) -> list[State]:
        """The initial states."""
        return self.interpreter.initial()

    def steps(self, state: State) -> list[tuple[Step, State]]:
        """Every step from a state, and where it leads. Raises StepError for an undefined one."""
        return [(Step(a, args), target) for a, args, target in self.interpreter.successors(state)]

    def steps_of(
        self, state: State, action: str, given: tuple[tuple[int, Any], ...]
    ) -> list[tuple[Step, State]]:
        """The steps of an action with these arguments at these positions. Raises StepError."""
        found = self.interpreter.steps_of(state, action, dict(given))
        return [(Step(action, args), target) for args, target in found]

    def call(self, step: Step) -> Call:
        """A step with names."""
        names = self._parameters[step.action]
        pairs = zip(names, step.arguments, strict=True)
        return Call(step.action, {n: show_value(v) for n, v in pairs})

    def shown(self, state: State) -> dict[str, Value]:
        """The variables of a state, as a trace has them."""
        return show_state(self.description, state)

    def sent(self, state: State) -> frozenset[Any]:
        """The messages of a state."""
        assert self.messages is not None
        return state[self._index[self.messages]]  # type: ignore[no-any-return]

    def holds(self, state: State, predicate: str, args: Mapping[str, Value]) -> bool:
        """Whether a predicate (`@define`) is true in a state, for some choice of what is left out.

        Raises StepError where it has no value.
        """
        method = getattr(self.protocol, predicate)
        names = list(inspect.signature(method).parameters)[1:]
        ranges = [
            [self._reader.value(args[n], t)] if n in args else list(proper_values(t))
            for n, t in zip(names, parameter_types(method), strict=True)
        ]
        told = self.interpreter.told
        return any(told(state, predicate, a) for a in itertools.product(*ranges))

    # ------------------------------------------------------------ what lines say

    def wanted(self, said: Said) -> Wanted:
        """What a line says, in the model's own values; read once for all lines that say it."""
        known = self._wanted.get(id(said))
        if known is None:
            known = self._wanted[id(said)] = said, self._read(said)
        return known[1]

    def _read(self, said: Said) -> Wanted:
        events = None if said.events is None else tuple(map(self._event, said.events))
        messages = next(
            (v.type for v in self.description.variables if isinstance(v.type, MessagesType)), None
        )

        def read(found: frozenset[Value]) -> frozenset[Any]:
            assert messages is not None or not found
            return frozenset(self._reader.message(m, messages) for m in found)  # type: ignore[arg-type]

        return Wanted(events, tuple(self._cells(said.cells)), read(said.received), read(said.sent))

    def _event(self, event: Called) -> tuple[str, tuple[tuple[int, Any], ...]]:
        parameters = self._parameters[event[0]]
        positions = {name: k for k, name in enumerate(parameters)}
        return event[0], tuple(
            (positions[n], self._reader.value(v, parameters[n])) for n, v in event[1]
        )

    def _cells(
        self, cells: tuple[tuple[str, Value, Value], ...]
    ) -> Iterator[tuple[int, int | None, Any]]:
        for name, key, value in cells:
            t, i = self.description.variable(name).type, self._index[name]
            if isinstance(t, MessagesType):
                assert isinstance(value, frozenset)
                yield i, None, frozenset(self._reader.message(m, t) for m in value)
            elif isinstance(t, MapType):
                if name not in self._keys:
                    keys = map(show_value, key_values(t.keys))
                    self._keys[name] = {k: n for n, k in enumerate(keys)}
                yield i, self._keys[name][key], self._reader.value(value, t.value)
            else:
                assert key is WHOLE
                yield i, None, self._reader.value(value, t)
