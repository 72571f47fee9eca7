"""The variables of a state as a trace shows them, decoded from its bits.

Many states hold the same value of a variable, or the same messages of a class. Each is decoded
once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

import numpy as np

from quorate.checker.ground.packing import Packing
from quorate.checker.tracing.values import show_value
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import MapType, MessagesType, key_values
from quorate.traces import FrozenMap, Value

Row = bytes
"""A state: the words that stand for it."""

Shown = dict[str, Value]
"""The variables of a state by name."""


class Showing:
    """Shows states. One of the variables, `network`, may hold all messages that were sent."""

    def __init__(
        self, packing: Packing, variables: Sequence[Variable], network: str | None
    ) -> None:
        self._variables = {v.name: _Shower(packing, v) for v in variables}
        self._network = self._variables.get(network or "")
        others = [v for v in self._variables.values() if v is not self._network]
        self._others = {v.name: v for v in others}
        self._mask = _joined([v.mask for v in others])

    def shown(self, row: Row) -> Shown:
        """All variables."""
        bits = int.from_bytes(row, "little")
        return {name: v.shown(row, bits) for name, v in self._variables.items()}

    def value(self, row: Row, variable: str) -> Value:
        """One variable."""
        return self._variables[variable].shown(row, int.from_bytes(row, "little"))

    def rest(self, row: Row) -> int:
        """A number that states have in common only if they show the same but for messages."""
        bits = int.from_bytes(row, "little")
        return bits if self._mask is None else bits & self._mask

    def shown_rest(self, row: Row) -> Shown:
        """All variables but the network."""
        bits = int.from_bytes(row, "little")
        return {name: v.shown(row, bits) for name, v in self._others.items()}

    def messages(self, row: Row) -> list[frozenset[Value]]:
        """The messages that were sent, by class."""
        if self._network is None:
            return []
        bits = int.from_bytes(row, "little")
        return self._network.by_part(row, bits)


class _Shower:
    """Shows one variable, each of its values once; of messages, those of each class once."""

    def __init__(self, packing: Packing, variable: Variable) -> None:
        self.name, self._variable, self._packing = variable.name, variable, packing
        records = variable.type.messages if isinstance(variable.type, MessagesType) else ()
        self._parts = [_Part(packing.bits(variable, r), r) for r in (records or [None])]
        self._messages = bool(records)
        self._each: dict[int, tuple[Any, Value]] = {}
        """Each message and what it is shown as, by its id: the packing makes each once."""
        self.mask = _joined([part.mask for part in self._parts])
        self._whole = _Part(self.mask, None)

    def shown(self, row: Row, bits: int) -> Value:
        """The variable in a state; `bits` are the row's."""
        return self._whole.value(bits, row, self._put_together)

    def by_part(self, row: Row, bits: int) -> list[Any]:
        """What is shown of each part."""
        return [part.value(bits, row, self._decoded) for part in self._parts]

    def _put_together(self, row: Row, _: type | None) -> Value:
        found = self.by_part(row, int.from_bytes(row, "little"))
        return frozenset().union(*found) if self._messages else found[0]

    def _decoded(self, row: Row, record: type | None) -> Value:
        cells = self._packing.cells(np.frombuffer(row, np.uint64))
        if record is not None:
            sent = self._packing.messages(cells, self._variable, record)
            return frozenset(map(self._message, sent))
        value, t = self._packing.variable(cells, self._variable), self._variable.type
        if not isinstance(t, MapType):
            return show_value(value)
        entries = zip(key_values(t.keys), value, strict=True)
        return FrozenMap([(show_value(k), show_value(v)) for k, v in entries])

    def _message(self, message: Any) -> Value:
        """A message, shown once."""
        found = self._each.get(id(message))
        if found is None:
            found = self._each[id(message)] = message, show_value(message)
        return found[1]


@dataclass
class _Part:
    """What was shown of some bits of a row; without a mask, of all."""

    mask: int | None
    record: type | None
    known: dict[int, Value] = field(default_factory=dict)

    def value(self, bits: int, row: Row, decoded: Callable[[Row, type | None], Value]) -> Value:
        """What is shown of a row with these bits; it is decoded if it was not before."""
        key = bits if self.mask is None else bits & self.mask
        try:
            return self.known[key]
        except KeyError:
            found = self.known[key] = decoded(row, self.record)
            return found


def _joined(masks: Sequence[int | None]) -> int | None:
    """All these bits; None if it is not known which some of them are."""
    known = [mask for mask in masks if mask is not None]
    return reduce(or_, known, 0) if len(known) == len(masks) else None
