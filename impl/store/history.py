"""What a client writes down of its commands: events of a history, for `quorate linearize`.

Each is a JSON object. What was submitted and never answered is left without an end, or ended by
`unknown`: after a timeout a client must not say that its command failed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

from .commands import Command, CompareAndSet, Delete, Get, Put, Result

HistoryEvent: TypeAlias = dict[str, Any]


def invoked(process: str, command: Command) -> HistoryEvent:
    """The client submits a command."""
    return _event(process, "invoke", command, _given(command))


def returned(process: str, command: Command, result: Result) -> HistoryEvent:
    """The client is told the result."""
    return _event(process, "ok", command, result)


def unknown(process: str, command: Command) -> HistoryEvent:
    """The client gives up. The process must be a new one from now on."""
    return _event(process, "info", command, None)


def write_history(path: Path, history: Iterable[HistoryEvent]) -> None:
    """Write events as JSON lines, as `quorate linearize` reads them. Raises OSError."""
    lines = (json.dumps(event) + "\n" for event in history)
    path.write_text("".join(lines), encoding="utf-8")


def _event(process: str, kind: str, command: Command, value: Any) -> HistoryEvent:
    name = command.__struct_config__.tag
    return {"process": process, "type": kind, "f": name, "key": command.key, "value": value}


def _given(command: Command) -> Any:
    match command:
        case Put(_, value):
            return value
        case CompareAndSet(_, old, new):
            return [old, new]
        case Get() | Delete():
            return None
