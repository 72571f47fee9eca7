"""The network as an adapter sees it: what the code sends is caught, and delivered on demand.

The model's network is a set of messages that only grows: each may be delivered late, and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any, NamedTuple

from quorate.checker.conform.adapter import Unrealisable
from quorate.traces import Record, Value

Shown = Record | Iterable[Record] | None


class Caught(NamedTuple):
    """One message of the code. `target` is None for all."""

    source: Any
    target: Any
    message: Any


class Wire:
    """Messages of the code with what they are in the model.

    `show(message, source, target)` says what a message is: a Record, several, or None for what the
    model does not have. Messages are copied when they are sent and when they are delivered, as a
    network would.
    """

    def __init__(self, show: Callable[[Any, Any, Any], Shown]) -> None:
        self._show = show
        self._caught: dict[Record, list[Caught]] = {}
        self._new: set[Record] = set()
        self.beyond: list[Caught] = []
        """Messages that the model does not have."""

    @property
    def sent(self) -> frozenset[Record]:
        """All that was sent."""
        return frozenset(self._caught)

    def of(self, tag: str, /, **fields: Value) -> list[Record]:
        """All that was sent of a kind, with these values in these fields."""
        wanted = fields.items()
        return [m for m in self._caught if m.tag == tag and wanted <= dict(m.fields).items()]

    def send(self, message: Any, source: Any = None, target: Any = None) -> tuple[Record, ...]:
        """The code sends a message: give this to it in the place of its network.

        Returns what it is in the model.
        """
        caught = Caught(source, target, deepcopy(message))
        shown = self._show(caught.message, source, target)
        records = (shown,) if isinstance(shown, Record) else tuple(shown or ())
        if not records:
            self.beyond.append(caught)
        for record in records:
            copies = self._caught.setdefault(record, [])
            copies[:] = [*(c for c in copies if c[:2] != caught[:2]), caught]
            self._new.add(record)
        return records

    def taken(self) -> frozenset[Record]:
        """What was sent since this was asked last: what `perform` returns."""
        new, self._new = frozenset(self._new), set()
        return new

    def caught(self, record: Record, target: Any = None) -> Caught:
        """The latest message of the code that a record stands for, among those to the target.

        Raises Unrealisable if the code has sent none.
        """
        for found in reversed(self._caught.get(record, [])):
            if target is None or found.target is None or found.target == target:
                return Caught(found.source, found.target, deepcopy(found.message))
        towards = "" if target is None else f" to {target}"
        raise Unrealisable(f"the code has sent no {record.tag} like this{towards}")
