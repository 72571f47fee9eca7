"""What an implementation must offer to be driven: one small class.

An adapter performs one step of the model on the implementation, says what the implementation
sent, and shows its state in the model's terms. It never looks at what the model expects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from quorate.checker.errors import InputError
from quorate.errors import ImplementationError
from quorate.traces import FrozenMap, Record, Value


class Refusal(Exception):
    """The implementation does not do the step; the text says what it does instead.

    It is an answer of the implementation. One that is made of a mistake of programming is the
    adapter's error: raised while a TypeError or the like is handled, always; while a KeyError or
    the like is, unless it is raised `from None`.
    """


class Unrealisable(Exception):
    """The adapter cannot bring the step about, so nothing follows: it is skipped, and counted.

    Nothing of the step may have been done. An implementation that does not do a step refuses it.
    """


class Contradiction(Exception):
    """What the implementation did or holds is nothing that the model has a word for.

    Both `perform` and `observe` may raise it. It is a difference wherever it comes: such as an
    identifier that stands for two elements, or that no step of the model has made.
    """


class Chose:
    """What `perform` returns where the implementation chose another argument than the one asked.

    `Chose(messages, v="v1")` says that the step was done with `v="v1"`, and sent these messages.
    """

    def __init__(self, sent: Iterable[Record] = (), /, **arguments: Any) -> None:
        self.sent, self.arguments = sent, arguments


class AdapterError(InputError, ImplementationError):
    """An adapter that cannot be used: nothing follows about the implementation."""


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

    Values are those of `quorate.traces`; plain Python ones are understood where their meaning is
    plain: a dict is a map, a list a sequence, a set a set, a member of an enum its name.

    It may also have `snapshot()`, which returns a copy of the implementation's whole state, and
    `restore(copy)`, which puts one back, any number of times. Without them a run is repeated.
    """

    def start(self, setting: Setting, /) -> object:
        """Set up the processes in their initial state. What it returns is of no interest."""
        ...

    def perform(self, action: str, args: Mapping[str, Any]) -> Iterable[Record] | Chose:
        """Do one step; returns the messages that the implementation sent.

        Raises Refusal, Unrealisable, Contradiction.
        """
        ...

    def observe(self) -> Mapping[str, Any]:
        """The implementation's state, by the model's variables. What cannot be seen is left out.

        Raises Contradiction.
        """
        ...
