"""The journal of a replica: what it did, turn by turn, and which turns became durable.

Rules:
- The steps of a turn are written before its records are committed, and that they are durable after
  it. So every step that is durable, or that anybody can have heard of, has its line.
- A turn whose records did not become durable has happened to nobody: nothing of it was sent. Its
  lines name the number of its last record, which is above what the node starts with the next time;
  or the journal ends with it.
- A line is given to the operating system whole: `kill -9` cuts at most the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from quorate.impl.durable.journal import Journal

Line: TypeAlias = Mapping[str, Any]


class TurnJournal:
    """Gathers the steps of a turn, and writes them at its end."""

    def __init__(self, node: str, write: Journal) -> None:
        self._node, self._write = node, write
        self._turn = 0
        self._steps: list[Line] = []

    def step(self, line: Line) -> None:
        """Something happened in this turn."""
        self._steps.append(line)

    def started(self, records: int) -> None:
        """The replica has started, with so many records ever."""
        for line in self._steps:
            self._write({"node": self._node, "turn": self._turn, "records": records, **line})
        self._steps.clear()

    def commit(self, records: int, save: Callable[[], None] | None) -> None:
        """End the turn: `save`, if there is one, makes records durable, up to this number."""
        where: dict[str, Any] = {"node": self._node, "turn": self._turn}
        if save is not None:
            where["records"] = records
        for line in self._steps:
            self._write({**where, **line})
        if save is not None:
            save()
            self._write({**where, "event": "durable"})
        self._turn += 1
        self._steps.clear()
