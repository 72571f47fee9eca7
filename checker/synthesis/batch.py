"""Some states of one layout: what their cells hold, and which messages were sent."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from quorate.checker.ground.layout import Layout
from quorate.checker.ground.shapes import Entries
from quorate.checker.ground.vector import States, Vector
from quorate.model.language.declare.types import Record

Array = npt.NDArray[Any]
Env = Mapping[str, Any]  # codes; of a message one entry for each field; of a map one for each key


class Batch:
    """Some states of one layout; made and used inside its sizes."""

    def __init__(self, layout: Layout, states: States) -> None:
        self.layout, self.states = layout, states
        self.vector = Vector(states)
        self._tables: dict[Any, Any] = {}

    def table(self, column: Any) -> Array:
        """What the cells of a column hold: one row for each state, one entry for each cell."""
        if column not in self._tables:
            graph, count = self.layout.graph, len(self.states)
            cells = [self.vector.scalar(graph.load(column, i)) for i in range(column.count)]
            full = [np.broadcast_to(x, count) for x in cells]
            self._tables[column] = np.stack(full, axis=1).astype(np.int32)
        table: Array = self._tables[column]
        return table

    def sent(self, variable: str, record: type[Record], names: tuple[str, ...]) -> Array:
        """Whether a message with these codes in these fields was sent: one axis for each field."""
        key = (variable, record, names)
        if key not in self._tables:
            sizes = [self.layout.values.size(record.field_types()[n]) for n in names]
            found = np.zeros((len(self.states), math.prod(sizes)), np.bool_)
            for present, fields in self.messages(variable, record):
                index = 0
                for n, size in zip(names, sizes, strict=True):
                    index = index * size + fields[n]
                found[:, index] |= present
            self._tables[key] = found
        table: Array = self._tables[key]
        return table

    def messages(self, variable: str, record: type[Record]) -> list[tuple[Array, Env]]:
        """Every message that was sent in some state: in which ones, and its fields."""
        key = ("messages", variable, record)
        if key not in self._tables:
            self._tables[key] = list(self._messages(variable, record))
        found: list[tuple[Array, Env]] = self._tables[key]
        return found

    def _messages(self, variable: str, record: type[Record]) -> Iterator[tuple[Array, Env]]:
        column = self.layout.messages[variable, record]
        table = self.table(column.column)
        for index in range(column.keys):
            for payload in range(column.payloads):
                present = table[:, index] == payload + 1
                if present.any():
                    values = column.fields(index, payload)
                    names = [s.name for s in column.spaces]
                    yield present, {n: _code(v) for n, v in zip(names, values, strict=True)}


def _code(value: Any) -> Any:
    if isinstance(value, Entries):
        return tuple(map(_code, value.values))
    return int(value) if isinstance(value, (bool, int)) else value
