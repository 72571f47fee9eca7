"""Histories as operations: JSON lines, or EDN as Jepsen writes it.

An event says which `process` begins (`invoke`) or ends an operation, `f` its name, `value` what is
given or returned, and `key` which object it is on. It ends `ok`, or `fail` if it certainly did not
happen, or `info` if nobody knows. What an event has besides is ignored.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.checker.conform.logs.reading import LinePlace, file_bytes, log_error, no_text, read_log
from quorate.checker.errors import InputError

from .edn import read_events
from .operation import Operation, shown

TYPES = ("invoke", "ok", "fail", "info")


@dataclass(frozen=True, slots=True)
class History:
    """The operations in a file, in the order in which they began.

    `failed` counts those that did not happen and are left out, `remarks` the events that belong to
    no operation, such as those of Jepsen's nemesis.
    """

    file: str
    operations: Sequence[Operation]
    failed: int
    remarks: int


@dataclass(frozen=True, slots=True)
class _Event:
    file: str
    line: int
    process: str
    type: str
    call: str
    key: Hashable
    value: Hashable


def read_history(path: Path, calls: Collection[str]) -> History:
    """The history in a file; `calls` are the names of operations that are known.

    Raises InputError with file and line.
    """
    history = _Pairing(str(path), calls)
    for line, fields in _objects(path):
        history.add(_event(str(path), line, fields))
    return history.done()


def _objects(path: Path) -> Iterator[tuple[int, Any]]:
    if path.suffix != ".edn":
        for written in read_log(path):
            if written.fields is None:
                raise log_error(written.place, f"the line {written.torn}, expected an event")
            yield written.place.line, written.fields
        return
    data = file_bytes(path, "a history in EDN")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        begin = data.rfind(b"\n", 0, error.start) + 1
        place = LinePlace(str(path), data.count(b"\n", 0, begin) + 1, begin)
        raise no_text(place, data[error.start], error.start - begin) from None
    yield from read_events(str(path), text)


def _event(file: str, line: int, fields: Any) -> _Event:
    place = f"{file}:{line}"
    if not isinstance(fields, Mapping):
        raise InputError(f"{place}: found {fields!r:.60}, expected an event", file, line)
    for name in ("process", "type", "f"):
        if name not in fields:
            said = f"an event without `{name}`; expected process, type and f, and value or key"
            raise InputError(f"{place}: found {said}", file, line)
    kind = fields["type"]
    if kind not in TYPES:
        raise InputError(
            f"{place}: found the type {kind!r}, expected {', '.join(TYPES)}", file, line
        )
    try:
        key, value = frozen(fields.get("key")), frozen(fields.get("value"))
    except RecursionError:
        raise InputError(f"{place}: found values nested too deeply", file, line) from None
    process, call = str(fields["process"]), str(fields["f"])
    return _Event(file, line, process, kind, call, key, value)


def frozen(value: Any) -> Hashable:
    """A value of JSON or EDN, hashable: lists are tuples, objects tuples of pairs by key."""
    if isinstance(value, Mapping):
        return tuple(sorted(((str(k), frozen(v)) for k, v in value.items()), key=lambda p: p[0]))
    if isinstance(value, (list, tuple)):
        return tuple(map(frozen, value))
    held: Hashable = value
    return held


class _Pairing:
    """Joins the beginnings and the ends of operations."""

    def __init__(self, file: str, calls: Collection[str]) -> None:
        self.file = file
        self.calls = calls
        self.begun: dict[str, tuple[int, _Event]] = {}
        self.found: list[tuple[int, _Event, int | None, _Event | None]] = []
        self.count = self.failed = self.remarks = 0

    def add(self, event: _Event) -> None:
        self.count += 1
        if event.type == "invoke":
            self._begin(event)
            return
        if event.process not in self.begun:
            if event.type != "info":
                said = f"process {event.process} ends {event.call}, but has begun nothing"
                raise self._error(event, said)
            self.remarks += 1
            return
        number, start = self.begun.pop(event.process)
        if event.call != start.call or event.key not in (None, start.key):
            ended, began = (
                e.call if event.key is None else f"{e.call} on {shown(e.key)}"
                for e in (event, start)
            )
            said = f"process {event.process} ends {ended}, but it began {began}"
            raise self._error(event, f"{said} in line {start.line}")
        if event.type == "fail":
            self.failed += 1
        elif event.type == "info":
            self.found.append((number, start, None, None))
        else:
            self.found.append((number, start, self.count, event))

    def _begin(self, event: _Event) -> None:
        if event.call not in self.calls:
            expected = ", ".join(self.calls)
            raise self._error(event, f"found the operation {event.call}, expected {expected}")
        if event.process in self.begun:
            line = self.begun[event.process][1].line
            said = f"process {event.process} begins {event.call}, but what it began in line"
            raise self._error(event, f"{said} {line} has not ended")
        self.begun[event.process] = (self.count, event)

    def _error(self, event: _Event, said: str) -> InputError:
        return InputError(f"{event.file}:{event.line}: {said}", event.file, event.line)

    def done(self) -> History:
        """The history; what has not ended has an unknown outcome."""
        open_ = [(number, start, None, None) for number, start in self.begun.values()]
        found = sorted([*self.found, *open_], key=lambda f: f[0])
        if not self.count:
            raise InputError(f"{self.file}: has no event", self.file)
        operations = tuple(_operation(*f) for f in found)
        return History(self.file, operations, self.failed, self.remarks)


def _operation(begun: int, start: _Event, ended: int | None, end: _Event | None) -> Operation:
    return Operation(
        start.process,
        start.call,
        start.key,
        start.value,
        None if end is None else end.value,
        begun,
        ended,
        start.file,
        start.line,
        None if end is None else end.line,
    )
