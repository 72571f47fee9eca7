"""What an adapter shows, in the model's terms; and what a property is worth where parts are unseen.

The adapter's values are read by the model's types, so that a name that the model does not have, or
a number where it has a map, is the adapter's mistake and no difference. A property is evaluated
by CPython on what was seen alone: a read of anything else ends the evaluation undecided. That is
sound, and decides whenever Python's own short-circuits make what is unseen irrelevant.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from quorate.checker.tracing.reading import NotAValueError, Reader
from quorate.checker.tracing.values import show_record, show_value
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import MessagesType
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Machine, State
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import walk
from quorate.traces import FrozenMap, Value, show
from quorate.traces.values import show_key

from .adapter import AdapterError


@dataclass
class Terms:
    """The model's terms. Use it inside the sizes of the trace."""

    description: c.Description
    places: Mapping[str, str]
    """Where each method of the adapter is written."""

    def __post_init__(self) -> None:
        self.reader = Reader()
        # Most of a state is as it was a step ago.
        self._read: dict[tuple[str, type, Value], Value] = {}
        self._sent: dict[Value, Value] = {}

    def variables(self, shown: Mapping[str, Value]) -> dict[str, Value]:
        """What observe() shows, as the model would show it. Raises AdapterError."""
        return {name: self._known(name, value) for name, value in shown.items()}

    def _known(self, name: str, value: Value) -> Value:
        key = (name, type(value), value)
        if key not in self._read:
            self._read[key] = self._variable(name, value)
        return self._read[key]

    def _variable(self, name: str, value: Value) -> Value:
        known = self.description.by_name
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}"
            model = self.description.name
            raise AdapterError(
                f"{self._says('observe')} {name}, which {model} does not have; {hint}"
            )
        t = known[name].type
        try:
            if isinstance(t, MessagesType):
                return self._messages(t, value)
            return show_value(self.reader.value(value, t))
        except NotAValueError as error:
            raise AdapterError(f"{self._says('observe')} {name}: {error}") from None

    def messages(self, sent: frozenset[Value]) -> frozenset[Value]:
        """What perform() returns, as the model would show it. Raises AdapterError."""
        variable = self.network()
        if variable is None:
            if sent:
                name = self.description.name
                raise AdapterError(f"{self._says('perform')} messages; {name} has none")
            return sent
        t = self.description.variable(variable).type
        assert isinstance(t, MessagesType)
        try:
            return self._messages(t, sent)
        except NotAValueError as error:
            raise AdapterError(f"{self._says('perform')} what is no message: {error}") from None

    def _messages(self, t: MessagesType, sent: Value) -> frozenset[Value]:
        if not isinstance(sent, frozenset):
            raise NotAValueError(f"found {show(sent)}, expected a set of messages")
        for message in sent:
            if message not in self._sent:
                self._sent[message] = show_record(self.reader.message(message, t))
        return frozenset(self._sent[message] for message in sent)

    def _says(self, method: str) -> str:
        place = self.places.get(method)
        said = {"observe": "shows", "perform": "returned"}[method]
        return f"{method} ({place}) {said}" if place else f"{method} {said}"

    def network(self) -> str | None:
        """The variable that holds the messages."""
        messages = (v for v in self.description.variables if isinstance(v.type, MessagesType))
        return next((v.name for v in messages), None)


class _NotSeenError(Exception):
    """A property reads what the adapter does not show."""


class _Unseen:
    """Stands for a variable that is not shown."""

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        raise _NotSeenError

    def __set__(self, owner: Any, value: Any) -> None:
        """What a machine loads here is of no interest: it cannot be read."""


def holds(
    protocol: type[Protocol], sizes: Sizes, name: str, state: State, seen: Set[str]
) -> bool | None:
    """Whether an invariant is true in a state of which `seen` is known; None where it depends."""
    machine = Machine(protocol, sizes)
    hidden = {v: _Unseen() for v in protocol.variables() if v not in seen}
    blind = type(protocol.__name__, (protocol,), {"__module__": protocol.__module__, **hidden})
    object.__setattr__(machine.object, "__class__", blind)
    try:
        return machine.holds(name, state)
    except _NotSeenError:
        return None


def read_by(protocol: type[Protocol], name: str) -> list[str]:
    """The variables that a property reads, in order of declaration."""
    description = describe(protocol)
    body = next(p.body for p in description.invariants if p.name == name)
    read = {n.variable for n in walk(body) if isinstance(n, (c.Read, c.Sent, c.OverSent))}
    return [v.name for v in description.variables if v.name in read]


def differing(expected: Value, found: Value) -> tuple[str, Value, Value]:
    """Where two values differ: the place within a map, and both sides there."""
    if isinstance(expected, FrozenMap) and isinstance(found, FrozenMap):
        for key in expected:
            if found[key] != expected[key]:
                return f"[{show_key(key)}]", expected[key], found[key]
    return "", expected, found
