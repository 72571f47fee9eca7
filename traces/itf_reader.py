"""From an ITF document to a trace."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from quorate.traces.errors import TraceError
from quorate.traces.itf_schema import ACTION, PICKS, SCHEMA, ReceivedMeta, StepMeta, TraceMeta
from quorate.traces.itf_values import Json, decode, described
from quorate.traces.trace import Received, State, Step, Trace
from quorate.traces.values import FrozenMap, Record, Value, show

_Meta = TypeVar("_Meta", TraceMeta, StepMeta)


def parse(data: bytes) -> dict[str, Json]:
    """The JSON document in `data`, once it is known to be a trace's."""
    try:
        document = msgspec.json.decode(data)
    except ValueError as error:
        raise _syntax_error(data, str(error)) from None
    if not isinstance(document, dict):
        raise TraceError(None, None, described(document), 'an object with "vars" and "states"')
    for key in ("vars", "states"):
        if not isinstance(document.get(key), list):
            found = described(document[key]) if key in document else f'no "{key}"'
            raise TraceError(None, key, found, "the list of an ITF trace")
    if not document["states"]:
        raise TraceError(None, "states", "an empty list", "at least an initial state")
    return document


def _syntax_error(data: bytes, message: str) -> TraceError:
    if "truncated" in message:
        return TraceError(None, _position(data, len(data)), "the end of the file", "more JSON")
    offset = re.search(r" ?\(byte (\d+)\)", message)
    if offset is None:
        return TraceError(None, None, message, "JSON")
    reason = message.replace(offset[0], "").removeprefix("JSON is malformed: ")
    # Msgspec counts trailing characters from the second one on.
    start = int(offset[1]) - ("trailing" in reason)
    return TraceError(None, _position(data, start), reason, "JSON")


def _position(data: bytes, offset: int) -> str:
    before = data[:offset]
    line = before.count(b"\n") + 1
    column = offset - before.rfind(b"\n")
    return f"line {line}, column {column}"


def to_trace(document: dict[str, Json]) -> Trace:
    """The trace of a parsed document, of ours or of another tool."""
    meta = document.get("#meta")
    meta = meta if isinstance(meta, dict) else {}
    if "quorate" in meta:
        return _own_trace(document, _own_meta(meta["quorate"]))
    return _foreign_trace(document, meta)


def _own_meta(node: Json) -> TraceMeta:
    schema = node.get("schema") if isinstance(node, dict) else None
    if schema is not None and schema != SCHEMA:
        raise TraceError(None, "#meta.quorate.schema", f"{schema}", str(SCHEMA))
    return _convert(node, TraceMeta, "#meta.quorate")


def _own_trace(document: dict[str, Json], meta: TraceMeta) -> Trace:
    nodes = document["states"]
    return Trace(
        protocol=meta.protocol,
        sizes=tuple(meta.sizes.items()),
        initial=_state(document, 0, foreign=False),
        steps=tuple(_own_step(document, i) for i in range(1, len(nodes))),
        violation=meta.violation,
        messages=meta.messages,
        processes=meta.processes,
        digest=meta.digest,
        faults=tuple(meta.faults.items()),
    )


def _own_step(document: dict[str, Json], number: int) -> Step:
    state = _state(document, number, foreign=False)
    node, place = document["states"][number], f"states[{number}]"
    meta = _convert(node.get("#meta"), StepMeta, f"{place}.#meta")
    return Step(
        action=_action(node, place),
        args=_args(node, place, foreign=False),
        state=state,
        node=meta.node,
        received=tuple(
            _received(held, f"{place}.#meta.received[{i}]") for i, held in enumerate(meta.received)
        ),
        because=meta.because,
        source=meta.source,
    )


def _received(meta: ReceivedMeta, place: str) -> Received:
    message = decode(meta.message, f"{place}.message", foreign=False)
    if not isinstance(message, Record):
        raise TraceError(None, f"{place}.message", show(message), "a message")
    return Received(message, meta.step)


def _foreign_trace(document: dict[str, Json], meta: dict[str, Json]) -> Trace:
    source = meta.get("source")
    return Trace(
        protocol=source if isinstance(source, str) else "",
        sizes=(),
        initial=_state(document, 0, foreign=True),
        steps=tuple(_foreign_step(document, i) for i in range(1, len(document["states"]))),
    )


def _foreign_step(document: dict[str, Json], number: int) -> Step:
    state = _state(document, number, foreign=True)
    node, place = document["states"][number], f"states[{number}]"
    return Step(_action(node, place), _args(node, place, foreign=True), state)


def _state(document: dict[str, Json], number: int, foreign: bool) -> State:
    node, place = document["states"][number], f"states[{number}]"
    if not isinstance(node, dict):
        raise TraceError(None, place, described(node), "an object with a state's variables")
    return FrozenMap(
        (name, decode(_variable(node, name, place), f"{place}.{name}", foreign))
        for name in document["vars"]
        if name not in (ACTION, PICKS)
    )


def _variable(node: dict[str, Json], name: Json, place: str) -> Json:
    if not isinstance(name, str):
        raise TraceError(None, "vars", described(name), "variables' names")
    if name not in node:
        raise TraceError(None, place, f"no variable {name!r}", "every variable of vars")
    return node[name]


def _action(node: dict[str, Json], place: str) -> str:
    action = node.get(ACTION, "")
    if not isinstance(action, str):
        raise TraceError(None, f"{place}.{ACTION}", described(action), "an action's name")
    return action


def _args(node: dict[str, Json], place: str, foreign: bool) -> tuple[tuple[str, Value], ...]:
    picks = node.get(PICKS, {})
    if not isinstance(picks, dict):
        raise TraceError(None, f"{place}.{PICKS}", described(picks), "an object of picks")
    taken = ((name, _picked(pick)) for name, pick in picks.items())
    return tuple(
        (name, decode(value, f"{place}.{PICKS}.{name}", foreign))
        for name, values in taken
        for value in values
    )


def _picked(pick: Json) -> list[Json]:
    match pick:
        case {"tag": "Some", "value": value}:
            return [value]
        case {"tag": "None"}:
            return []
    return [pick]


def _convert(node: Json, kind: type[_Meta], place: str) -> _Meta:
    try:
        return msgspec.convert(node, kind)
    except msgspec.ValidationError as error:
        raise _meta_error(str(error), place) from None


def _meta_error(message: str, place: str) -> TraceError:
    reason, _, path = message.partition(" - at `$")
    place += path.rstrip("`")
    kinds = re.fullmatch(r"Expected `(.+)`, got `(.+)`", reason)
    if kinds:
        return TraceError(None, place, kinds[2], kinds[1])
    missing = re.fullmatch(r"Object missing required field `(.+)`", reason)
    return TraceError(None, place, f"no {missing[1]!r}" if missing else reason, "what was written")
