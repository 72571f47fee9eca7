"""The model's states and steps, as CPython takes them.

A log is one path, not a graph. So nothing is compiled or packed: a state is what its variables
hold, whatever the sizes, and where a line names its step only steps of that kind are tried.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from quorate.checker.ground.first_states import initial_states
from quorate.checker.tracing.reading import TraceReader
from quorate.checker.tracing.values import show_value
from quorate.model.language.declare.delivery import parameter_types
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import (
    MapType,
    MessagesType,
    RecordType,
    Type,
    key_values,
    proper_values,
)
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Arguments, Interpreter, State
from quorate.traces import FrozenMap, Record, Value, show

from .said import WHOLE, Called, Said


class ModelStep(NamedTuple):
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


class Pattern(NamedTuple):
    """What is known of a message: some fields by position, or their lengths."""

    kind: type[Any]
    fields: tuple[tuple[int, Any], ...]
    lengths: tuple[tuple[int, int], ...]

    def fits(self, message: Any) -> bool:
        """Whether a message is such a one."""
        kind: Any = type(message)
        return (
            kind is self.kind
            and all(message[k] == v for k, v in self.fields)
            and all(len(message[k]) == n for k, n in self.lengths)
        )


@dataclass(frozen=True, slots=True)
class SaidMessages:
    """Messages that a line speaks of, those of which all is known apart from the others."""

    whole: frozenset[Any]
    partial: tuple[Pattern, ...]

    def within(self, sent: frozenset[Any]) -> bool:
        """Whether all of them are among those that were sent."""
        return self.whole <= sent and all(any(map(p.fits, sent)) for p in self.partial)


class Event(NamedTuple):
    """An action with the arguments that are known, and what is known of messages, by position."""

    action: str
    given: tuple[tuple[int, Any], ...]
    partial: tuple[tuple[int, Pattern], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line says of states, in the model's own values."""

    events: tuple[Event, ...] | None
    """None for any step."""
    cells: tuple[tuple[int, int | None, Any, bool], ...]
    """Values by variable and position of the key, if there is one; whether it is a length."""
    received: SaidMessages
    sent: SaidMessages


class ModelSteps:
    """The states and steps of a protocol. Make it, and use it, inside `sizes`."""

    def __init__(self, protocol: type[Protocol], sizes: Sizes) -> None:
        self.protocol, self.sizes = protocol, sizes
        self.description = describe(protocol)
        self.interpreter = Interpreter(protocol, sizes)
        variables = self.description.variables
        networks = {v.name: v.type.messages for v in variables if isinstance(v.type, MessagesType)}
        self.messages = tuple(networks)
        """The variables that hold the messages sent."""
        classes = itertools.chain.from_iterable(networks.values())
        self._classes: dict[str, type[Any]] = {m.__name__: m for m in classes}
        self._reader = TraceReader()
        self._index = {v.name: i for i, v in enumerate(variables)}
        self._parameters: dict[str, dict[str, Type]] = {
            a.name: {p.var.name: p.var.type for p in a.parameters} for a in self.description.actions
        }
        maps = {v.name: v.type for v in variables if isinstance(v.type, MapType)}
        self.keys = {name: list(key_values(t.keys)) for name, t in maps.items()}
        """The keys of each map variable, in order."""
        self._keys: dict[str, dict[Value, int]] = {}
        self._wanted: dict[int, tuple[Said, Wanted]] = {}

    @property
    def initial(self) -> Sequence[State]:
        """The initial states."""
        return initial_states(self.interpreter.protocol, self.interpreter.sizes)

    def steps(self, state: State) -> list[tuple[ModelStep, State]]:
        """Every step from a state, and where it leads. Raises StepError for an undefined one."""
        return [
            (ModelStep(a, args), target) for a, args, target in self.interpreter.successors(state)
        ]

    def steps_of(self, state: State, event: Event) -> list[tuple[ModelStep, State]]:
        """The steps that an event may be, and where they lead. Raises StepError."""
        given = [dict(event.given)]
        for k, pattern in event.partial:
            there = sorted(filter(pattern.fits, self.sent(state)), key=repr)
            given = [{**g, k: m} for g in given for m in there]
        return [
            (ModelStep(event.action, args), target)
            for g in given
            for args, target in self.interpreter.steps_of(state, event.action, g)
        ]

    def call(self, step: ModelStep) -> Call:
        """A step with names."""
        names = self._parameters[step.action]
        pairs = zip(names, step.arguments, strict=True)
        return Call(step.action, {n: show_value(v) for n, v in pairs})

    def value(self, state: State, variable: str) -> Value:
        """One variable of a state, as a trace has it."""
        t, value = self.description.variable(variable).type, state[self._index[variable]]
        if not isinstance(t, MapType):
            return show_value(value)
        cells = zip(key_values(t.keys), value, strict=True)
        return FrozenMap([(show_value(k), show_value(v)) for k, v in cells])

    def sent(self, state: State) -> frozenset[Any]:
        """The messages of a state, in whichever variable."""
        return frozenset().union(*(state[self._index[name]] for name in self.messages))

    def holds(self, state: State, predicate: str, args: Mapping[str, Value]) -> bool:
        """Whether a predicate (`@define`) is true in a state, for some choice of what is left out.

        Raises StepError where it has no value.
        """
        known = self.arguments(predicate, args)
        types = self._taken(predicate).items()
        ranges = [[known[n]] if n in known else list(proper_values(t)) for n, t in types]
        told = self.interpreter.told
        return any(told(state, predicate, a) for a in itertools.product(*ranges))

    def arguments(self, predicate: str, args: Mapping[str, Value]) -> dict[str, Any]:
        """Arguments of a predicate as the model's own values."""
        types = self._taken(predicate)
        return {n: self._reader.value(v, types[n]) for n, v in args.items()}

    def _taken(self, predicate: str) -> dict[str, Type]:
        """What a predicate takes."""
        method = getattr(self.protocol, predicate)
        names = list(inspect.signature(method).parameters)[1:]
        return dict(zip(names, parameter_types(method), strict=True))

    # ------------------------------------------------------------ what lines say

    def wanted(self, said: Said) -> Wanted:
        """What a line says, in the model's own values; read once for all lines that say it."""
        known = self._wanted.get(id(said))
        if known is None:
            known = self._wanted[id(said)] = said, self._read(said)
        return known[1]

    def _read(self, said: Said) -> Wanted:
        return Wanted(
            None if said.events is None else tuple(map(self._event, said.events)),
            tuple(self._cell(*cell) for cell in said.cells),
            self._messages(said.received),
            self._messages(said.sent),
        )

    def _event(self, event: Called) -> Event:
        parameters = self._parameters[event[0]]
        positions = {name: k for k, name in enumerate(parameters)}
        given, partial = [], []
        for name, value in event[1]:
            k, t = positions[name], parameters[name]
            if isinstance(t, RecordType) and isinstance(value, Record) and _is_part(value, t):
                partial.append((k, self._pattern(value)))
            else:
                given.append((k, self._reader.value(value, t)))
        return Event(event[0], tuple(given), tuple(partial))

    def _messages(self, messages: frozenset[Value]) -> SaidMessages:
        whole, partial = [], []
        for m in messages:
            assert isinstance(m, Record)
            t = RecordType(self._classes[m.tag])
            if _is_part(m, t):
                partial.append(self._pattern(m))
            else:
                whole.append(self._reader.value(m, t))
        return SaidMessages(frozenset(whole), tuple(partial))

    def _pattern(self, m: Record) -> Pattern:
        kind = self._classes[m.tag]
        types = kind.field_types()
        place = {name: k for k, name in enumerate(types)}
        known = {n: v for n, v in m.fields if n in types}
        return Pattern(
            kind,
            tuple((place[n], self._reader.value(v, types[n])) for n, v in known.items()),
            tuple((place[n[4:-1]], v) for n, v in m.fields if n not in types),  # type: ignore[misc]
        )

    def _cell(self, name: str, key: Value, value: Value) -> tuple[int, int | None, Any, bool]:
        of_length = name.startswith("len(")
        name = name[4:-1] if of_length else name
        t, i = self.description.variable(name).type, self._index[name]
        at = None
        if isinstance(t, MapType) and key is not WHOLE:
            if name not in self._keys:
                self._keys[name] = {show_value(k): n for n, k in enumerate(self.keys[name])}
            at, t = self._keys[name][key], t.value
        if of_length:
            return i, at, value, True
        if isinstance(t, MessagesType):
            assert isinstance(value, frozenset)
            return i, at, frozenset(self._reader.message(m, t) for m in value), False
        return i, at, self._reader.value(value, t), False


def _is_part(m: Record, t: RecordType) -> bool:
    return {n for n, _ in m.fields} != set(t.fields)
