"""What an implementation must offer to be replayed: one small class.

An adapter performs one step of the model on the implementation, says what the implementation
sent, and shows its state in the model's terms. It never looks at what the model expects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from quorate.checker.errors import InputError
from quorate.errors import ImplementationError
from quorate.traces import Record, Trace


class Refusal(Exception):
    """The implementation does not do the step; the text says what it does instead.

    It is an answer of the implementation. One that is made of a mistake of programming, such as a
    TypeError, is the adapter's error, unless it is raised `from None`.
    """


class AdapterError(InputError, ImplementationError):
    """An adapter that cannot be used: nothing follows about the implementation."""


class Adapter(Protocol):
    """Drives one implementation along a trace.

    Values are those of `quorate.traces`; plain Python ones are understood where their meaning is
    plain: a dict is a map, a list a sequence, a set a set, a member of an enum its name.
    """

    def start(self, trace: Trace) -> None:
        """Set up the processes of the trace in their initial state."""
        ...

    def perform(self, action: str, args: Mapping[str, Any]) -> Iterable[Record]:
        """Do one step; returns the messages that the implementation sent. Raises Refusal."""
        ...

    def observe(self) -> Mapping[str, Any]:
        """The implementation's state, by the model's variables. What cannot be seen is left out."""
        ...
