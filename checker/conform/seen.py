"""What an adapter shows, in the model's terms, and properties of a partly unseen state.

The adapter's values are read by the model's types. So a name that the model does not have, or a
number in place of a map, is the adapter's mistake and not a difference. CPython evaluates a
property only on what was seen: reading anything else ends the evaluation undecided. That is sound,
and decides whenever Python's short-circuit evaluation skips what is unseen.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from itertools import chain
from typing import Any

from quorate._spelling import instead
from quorate.checker.tracing.reading import NotAValueError, TraceReader
from quorate.checker.tracing.values import show_record, show_value
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.declare.types import (
    MessagesType,
)
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.language.ir import core as c
from quorate.model.language.ir.steps import OLD
from quorate.model.language.ir.traverse import walk
from quorate.traces import FrozenMap, Record, Value, show
from quorate.traces.values import show_key

from .adapter import AdapterError
from .network import network_of

_NAMES = frozenset({str, type(None)})
_HOLDING = frozenset({tuple, frozenset})
"""The types of which equality says enough, and those of which it does if they hold nothing else."""


@dataclass
class Terms:
    """The model's terms. Use it inside the sizes of the trace."""

    description: c.Description
    places: Mapping[str, str]
    """Where each method of the adapter is written."""

    def __post_init__(self) -> None:
        self.reader = TraceReader()
        self.network = network_of(self.description.protocol)
        self._read: dict[Record, Record] = {}
        """The messages that were read, each as the object that stood for it first."""
        self._met: dict[int, Any] = {}
        """The objects that stood for them, by their ids."""

    def same(self, shown: Any, expected: Value) -> bool:
        """Whether a Python value is just this value of a trace, so that it need not be read.

        True is not 1, though they are equal. Maps whose keys are in another order are left to
        be read, as is all else of which equality does not say enough.
        """
        kind = type(shown)
        if kind is FrozenMap or kind is dict:
            return isinstance(expected, FrozenMap) and self._same_entries(shown, expected)
        if kind is str or kind is bool or kind is int or shown is None:
            return kind is type(expected) and bool(shown == expected)
        if kind is frozenset or kind is set:
            return bool(shown == expected) and (
                self._met.keys() >= set(map(id, shown))
                or _names_alone(list(shown))
                or all(map(self._was_met, shown))
            )
        if kind is tuple or kind is list:
            return (
                isinstance(expected, tuple)
                and len(shown) == len(expected)
                and all(map(self.same, shown, expected))
            )
        if kind is Record:
            return (
                isinstance(expected, Record)
                and self.same(shown.tag, expected.tag)
                and self.same(shown.fields, expected.fields)
            )
        return False

    def _same_entries(self, shown: Any, expected: FrozenMap) -> bool:
        mine, theirs = shown.items(), expected.items()
        held = list(chain.from_iterable(mine))
        if _NAMES.issuperset(map(type, held)) or _names_alone(held):
            return bool(mine == theirs)
        return len(mine) == len(theirs) and all(
            (k is key or self.same(k, key)) and (v is value or self.same(v, value))
            for (k, v), (key, value) in zip(mine, theirs, strict=True)
        )

    def _was_met(self, message: Any) -> bool:
        """Whether this message was read before."""
        if id(message) in self._met:
            return True
        known = self._read.get(message)
        if known is None or not self.same(message, known):
            return False
        self._met[id(message)] = message
        return True

    def variable(self, name: str, value: Value) -> Value:
        """What observe() shows of a variable, as the model would show it. Raises AdapterError."""
        known = self.description.by_name
        if name not in known:
            hint = instead(name, known)
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
        if self.network is None:
            if sent:
                name = self.description.name
                raise AdapterError(f"{self._says('perform')} messages; {name} has none")
            return sent
        try:
            return self._messages(self.network.type, sent)
        except NotAValueError as error:
            raise AdapterError(f"{self._says('perform')} what is no message: {error}") from None

    def _messages(self, t: MessagesType, sent: Value) -> frozenset[Value]:
        if not isinstance(sent, frozenset):
            raise NotAValueError(f"found {show(sent)}, expected a set of messages")
        unmet = [message for message in sent if not self._was_met(message)]
        if not unmet:
            return sent
        read = [show_record(self.reader.message(message, t)) for message in unmet]
        self._read.update(zip(read, read, strict=True))
        return sent.difference(unmet).union(read)

    def _says(self, method: str) -> str:
        place = self.places.get(method)
        said = {"observe": "shows", "perform": "returned"}[method]
        return f"{method} ({place}) {said}" if place else f"{method} {said}"


def _names_alone(held: list[Any]) -> bool:
    """Whether values are names, or tuples and sets of such: no number, and of no other class."""
    while not _NAMES.issuperset(kinds := set(map(type, held))):
        if not _HOLDING.issuperset(kinds - _NAMES):
            return False
        held = list(chain.from_iterable(x for x in held if type(x) in _HOLDING))
    return True


class _NotSeenError(BaseException):
    """A property reads what the adapter does not show. It is no error, hence not an Exception."""


class _Unseen:
    """Stands for a variable that is not shown."""

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        raise _NotSeenError

    def __set__(self, owner: Any, value: Any) -> None:
        """What the interpreter loads does not matter: it cannot be read."""


def holds(
    protocol: type[Protocol], sizes: Sizes, name: str, state: State, seen: Set[str]
) -> bool | None:
    """Whether an invariant is true in a state of which `seen` is known; None where it depends."""
    interpreter = Interpreter(protocol, sizes)
    hidden = {v: _Unseen() for v in protocol.variables() if v not in seen}
    blind = type(protocol.__name__, (protocol,), {"__module__": protocol.__module__, **hidden})
    object.__setattr__(interpreter.object, "__class__", blind)
    try:
        return interpreter.holds(name, state)
    except _NotSeenError:
        return None


def read_by(protocol: type[Protocol], name: str) -> list[str]:
    """The variables that a property reads, in order of declaration."""
    description = describe(protocol)
    bodies = [p.body for p in description.invariants if p.name == name]
    bodies += [body for p in description.temporal if p.name == name for body in p.bodies]
    read = {
        n.variable.removeprefix(OLD)
        for body in bodies
        for n in walk(body)
        if isinstance(n, (c.Read, c.Sent, c.OverSent))
    }
    return [v.name for v in description.variables if v.name in read]


def differing(expected: Value, found: Value) -> tuple[str, Value, Value]:
    """Where two values differ: the place within a map, and both sides there."""
    if isinstance(expected, FrozenMap) and isinstance(found, FrozenMap):
        for key in expected:
            if found[key] != expected[key]:
                return f"[{show_key(key)}]", expected[key], found[key]
    return "", expected, found
