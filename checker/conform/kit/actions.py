"""What most adapters have in common: a method for each action, and what the wire caught."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quorate.checker.conform.adapter import Chose, Unrealisable
from quorate.traces import Record, Value

from .disk import Disk
from .processes import Processes
from .wire import Wire


def record(tag: str, /, **fields: Value) -> Record:
    """A record or message of the model: `record("Prepare", b="b1")`."""
    return Record(tag, tuple(fields.items()))


def only_if(so: object, otherwise: str) -> None:
    """Go on only where a step can be brought about. Raises Unrealisable with the reason if not."""
    if not so:
        raise Unrealisable(otherwise)


OWN = frozenset({"start", "stop", "observe", "perform", "other", "snapshot", "restore", "wire"})
"""What an adapter has besides its actions."""


class Actions:
    """Gives an adapter `perform`: an action is the method of its name, called with its arguments.

    An action that is called as something of the adapter's own, such as `start`, is the method
    `start_`. What the method returns was sent. It returns None where all that was sent was caught
    by `self.wire`, if there is one; and a dict of arguments where the code chose others. An action
    without a method is `other(action, **arguments)`.
    """

    wire: Wire | None = None

    def perform(self, action: str, args: Mapping[str, Any]) -> Iterable[Record] | Chose:
        """Take one step; returns the messages that were sent."""
        method = getattr(self, method_of(action), None)
        done = self.other(action, **args) if method is None else method(**args)
        if done is not None and not isinstance(done, dict):
            return done  # type: ignore[no-any-return]
        sent = frozenset() if self.wire is None else self.wire.taken()
        return Chose(sent, **done) if done else sent

    def stop(self) -> None:
        """End what `start` has set up: all that this has of the kit, unless it does so itself."""
        for held in vars(self).values():
            if isinstance(held, Processes | Disk):
                held.close()

    def other(self, action: str, **args: Any) -> Any:
        """An action for which there is no method."""
        raise NotImplementedError(f"the adapter has no method {method_of(action)}")


def method_of(action: str) -> str:
    """The name of the method for an action."""
    return f"{action}_" if action in OWN else action
