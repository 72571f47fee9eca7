"""What an implementation must offer to be replayed: one small class.

An adapter performs one step of the model on the implementation, says what the implementation
sent, and shows its state in the model's terms. It never looks at what the model expects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from quorate.traces import Record, Trace, Value


class Refusal(Exception):
    """The implementation does not do the step; the text says what it does instead."""


class Adapter(Protocol):
    """Drives one implementation along a trace."""

    def start(self, trace: Trace) -> None:
        """Set up the processes of the trace in their initial state."""
        ...

    def perform(self, action: str, args: Mapping[str, Value]) -> frozenset[Record]:
        """Do one step; returns the messages that the implementation sent. Raises Refusal."""
        ...

    def observe(self) -> Mapping[str, Value]:
        """The implementation's state, by the model's variables. What cannot be seen is left out."""
        ...
