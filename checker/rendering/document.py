"""What `--json` prints: one object, whether for a result, an error or an interrupt.

`quorate.schema.json`, beside this file, describes it. Values of states are plain JSON: an element
of a sort is its name, a set a sorted array, a sequence an array, a map an object by the names of
its keys, a record `{"tag": "Promise", "value": {...}}`. If you must tell sets from sequences, use
the file of --trace (ITF).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quorate.traces import (
    Absent,
    Change,
    FrozenMap,
    Record,
    Step,
    Trace,
    Undefined,
    Value,
    in_order,
    show,
)
from quorate.traces.values import show_key

from .departures import departure_json

SCHEMA = 1


def envelope(verb: str | None, code: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """The object that a verb prints: the fields of all verbs, and those of this one.

    `error` is null unless the body has one.
    """
    return {"schema": SCHEMA, "verb": verb, "exit": code, "error": None, **body}


def text_of(document: Mapping[str, Any]) -> str:
    """The object as text, in ASCII."""
    return f"{json.dumps(document, indent=2)}\n"


def run_json(trace: Trace, written: Path | None = None) -> dict[str, Any]:
    """A run, step by step; `written` is the file that holds it as well."""
    violation = trace.violation
    return {
        "protocol": trace.protocol,
        "sizes": dict(trace.sizes),
        "faults": dict(trace.faults),
        "processes": list(trace.processes),
        "initial": _state(trace.initial),
        "steps": [_step(trace, number, step) for number, step in trace.numbered()],
        "loop": trace.loop,
        "undefined": trace.undefined and _undefined(trace.undefined),
        "departure": trace.departure and departure_json(trace.departure),
        "notes": list(trace.notes),
        "violation": violation
        and {"property": violation.property, "witness": violation.witness or None},
        "trace": None if written is None else str(written),
    }


def _undefined(undefined: Undefined) -> dict[str, Any]:
    """What is undefined after the last step, with the place of the expression."""
    step, excerpt = undefined.step, undefined.excerpt
    return {
        "kind": undefined.kind,
        "name": step.action,
        "arguments": {name: plain(value) for name, value in step.args},
        "node": step.node,
        "because": list(step.because),
        "message": undefined.what,
        "place": excerpt and place_json(excerpt.file, excerpt.line, excerpt.start + 1),
        "expression": excerpt and excerpt.text[excerpt.start : excerpt.end],
    }


def _step(trace: Trace, number: int, step: Step) -> dict[str, Any]:
    return {
        "number": number,
        "title": step.title(names=False),
        "action": step.action,
        "arguments": {name: plain(value) for name, value in step.args},
        "node": step.node,
        "received": [{"message": plain(r.message), "step": r.step} for r in step.received],
        "because": list(step.because),
        "changes": [_change(change) for change in trace.changes(number)],
        "sent": [plain(message) for message in trace.sent(number)],
        "consumed": [plain(message) for message in trace.consumed(number)],
        "state": _state(step.state),
        "source": step.source and {"file": step.source.file, "line": step.source.line},
    }


def _state(state: FrozenMap) -> dict[str, Any]:
    return {str(name): plain(value) for name, value in state.items()}


def _change(change: Change) -> dict[str, Any]:
    """A change, as tables show it. An absent side is a key that the map does not have."""
    sides = {"old": change.old, "new": change.new}
    shown = {k: None if v is Absent.ABSENT else show(v) for k, v in sides.items()}
    return {"place": change.place, **shown, "text": str(change)}


def plain(value: Value) -> Any:
    """A value of a state as plain JSON."""
    match value:
        case frozenset():
            return [plain(element) for element in in_order(value)]
        case tuple():
            return [plain(element) for element in value]
        case FrozenMap():
            return {show_key(key): plain(held) for key, held in value.items()}
        case Record(tag, fields):
            return {"tag": tag, "value": {name: plain(held) for name, held in fields}}
    return value


def error_json(
    kind: str,
    message: str,
    code: int,
    place: Mapping[str, Any] | None = None,
    diagnostics: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The field `error`: what kind, the message for people, the exit code, and the place.

    `place` is what `place_json` makes; `diagnostics` are the mistakes of a model, one by one.
    """
    return {
        "kind": kind,
        "message": message,
        "exit": code,
        "place": place,
        "diagnostics": diagnostics or [],
    }


def place_json(
    file: str | None, line: int | None = None, column: int | None = None, inside: str | None = None
) -> dict[str, Any] | None:
    """A place in a file: lines and columns from 1; `inside` is a path within a document."""
    if file is None and inside is None:
        return None
    return {"file": file, "line": line, "column": column, "inside": inside}
