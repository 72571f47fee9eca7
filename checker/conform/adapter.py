"""The interface of adapters: one small class for each implementation.

An adapter performs one step of the model on the implementation, returns what the implementation
sent, and shows its state in the model's terms. It never knows what the model expects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from quorate.checker.errors import InputError
from quorate.errors import ImplementationError
from quorate.traces import FrozenMap, Record, Value


class Refusal(Exception):
    """The implementation does not take the step; the text says what it does instead.

    This is an answer of the implementation. It counts as the adapter's own error if it was raised
    while handling a TypeError or the like, or, unless raised `from None`, a KeyError or the like.
    """


class Unrealisable(Exception):
    """The adapter cannot bring the step about. The step is skipped and counted.

    No part of the step may have been done. If the implementation itself does not take the step,
    raise Refusal.
    """


class Contradiction(Exception):
    """What the implementation did or holds cannot be expressed in the model.

    Both `perform` and `observe` may raise it, and it always counts as a difference. An example is
    an identifier that stands for two elements, or that no step of the model has created.
    """


class Chose:
    """What `perform` returns if the implementation chose another argument than the given one.

    `Chose(messages, v="v1")` says that the step was taken with `v="v1"` and sent these messages.
    """

    def __init__(self, sent: Iterable[Record] = (), /, **arguments: Any) -> None:
        self.sent, self.arguments = sent, arguments


class AdapterError(InputError, ImplementationError):
    """An adapter that cannot be used; this says nothing about the implementation."""


@dataclass(frozen=True)
class Setting:
    """What an adapter is told when it starts."""

    protocol: str
    """The model: `path-or-module:Class`."""
    sizes: tuple[tuple[str, int], ...]
    """How many elements each sort has, and the largest number of each range."""
    initial: FrozenMap
    """The state to start in, by variable."""
    processes: tuple[str, ...] = ()
    faults: tuple[tuple[str, int], ...] = ()
    """How often each fault may happen."""
    messages: str | None = None
    """The variable that holds the set of messages sent."""
    elements: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    """The elements of each sort, by name and in order."""


class Adapter(Protocol):
    """Drives one implementation along the steps of a model.

    Values are those of `quorate.traces`. Plain Python values are accepted too: a dict is a map, a
    list a sequence, a set a set, a member of an enum its name.

    It may also have `snapshot()`, which returns a copy of the implementation's whole state, and
    `restore(copy)`, which restores it, any number of times. Without them, runs are repeated. If it
    has `stop()`, that is called before it is started again.
    """

    def start(self, setting: Setting, /) -> object:
        """Set up the processes in their initial state. The return value is ignored."""
        ...

    def perform(self, action: str, args: Mapping[str, Any]) -> Iterable[Record] | Chose:
        """Take one step; returns the messages that the implementation sent.

        Raises Refusal, Unrealisable, Contradiction.
        """
        ...

    def observe(self) -> Mapping[str, Any]:
        """The implementation's state, by the model's variables, without those it cannot show.

        Raises Contradiction.
        """
        ...
