"""One operation of a history: who called what, when it began and ended, and what it returned."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on an object.

    `begun` and `ended` are numbers of events in the order in which they happened: one operation is
    before another if it ended before the other began. An operation whose outcome is unknown (a
    timeout, a client that crashed) has no end: it may have happened at any time since it began, or
    not at all. `line` is that of its first event in `file`, `last` that of its end.
    """

    process: str
    call: str
    key: Hashable
    argument: Hashable
    result: Hashable
    begun: int
    ended: int | None
    file: str
    line: int
    last: int | None

    @property
    def known(self) -> bool:
        """Whether it returned, so that `result` is what was observed."""
        return self.ended is not None

    @property
    def place(self) -> str:
        """Where it ends in the file or, if it does not, where it begins."""
        return f"{self.file}:{self.line if self.last is None else self.last}"

    def __str__(self) -> str:
        given = () if self.argument is None else (self.argument,)
        said = f"{self.call}({', '.join(map(shown, given))})"
        if not self.known:
            return f"{said} → ?"
        silent = self.result is None and self.argument is not None
        return said if silent or self.result == self.argument else f"{said} → {shown(self.result)}"


def exact(value: Hashable) -> Hashable:
    """A value that equals another only if both are the same in JSON: for Python, True is 1."""
    if isinstance(value, bool):
        return bool, value
    return tuple(map(exact, value)) if isinstance(value, tuple) else value


def shown(value: Hashable) -> str:
    """A value of a history as people write it: as JSON."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(shown, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
