"""From an ITF document to a trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import TypeVar

import msgspec

from .errors import TraceError
from .itf_json import inside, load
from .itf_schema import (
    ACTION,
    PICKS,
    SCHEMA,
    UNDEFINED_SCHEMA,
    ReceivedMeta,
    StepMeta,
    TraceMeta,
    UndefinedMeta,
    unknown_field,
)
from .itf_values import NONE, Json, decode, described, is_variant
from .trace import Received, State, Step, Trace, Undefined
from .values import FrozenMap, Record, Value, show

_Meta = TypeVar("_Meta", TraceMeta, StepMeta)

_PARTS = ("#meta", "params", "vars", "states", "loop")


def parse(data: bytes) -> dict[str, Json]:
    """The JSON document in `data`, once it is known to be a trace's."""
    document = load(data)
    if not isinstance(document, dict):
        raise TraceError(None, None, described(document), 'an object with "vars" and "states"')
    for key in document:
        if key not in _PARTS:
            raise TraceError(None, None, f"the unknown key {key!r}", f"only {', '.join(_PARTS)}")
    for key in ("vars", "states"):
        if not isinstance(document.get(key), list):
            found = described(document[key]) if key in document else f'no "{key}"'
            raise TraceError(None, key, found, "the list of an ITF trace")
    if not document["states"]:
        raise TraceError(None, "states", "an empty list", "at least an initial state")
    _check_names(document, "vars")
    _check_names(document, "params")
    return document


def _check_names(document: dict[str, Json], key: str) -> None:
    names = document.get(key, [])
    if not isinstance(names, list):
        raise TraceError(None, key, described(names), "a list of names")
    seen: set[str] = set()
    for i, name in enumerate(names):
        if not isinstance(name, str) or name.startswith("#"):
            found, expected = described(name), "a name that does not start with #"
            raise TraceError(None, inside(key, i), found, expected)
        if name in seen:
            raise TraceError(None, inside(key, i), f"{name!r} again", "each name once")
        seen.add(name)


def to_trace(document: dict[str, Json]) -> Trace:
    """The trace of a parsed document, of ours or of another tool."""
    for number, node in enumerate(document["states"]):
        _check_node(document, number, node)
    meta = document.get("#meta", {})
    if not isinstance(meta, dict):
        raise TraceError(None, "#meta", described(meta), "an object")
    if "quorate" in meta:
        return _own_trace(document, _own_meta(meta["quorate"]))
    return _foreign_trace(document, meta)


def _check_node(document: dict[str, Json], number: int, node: Json) -> None:
    """Whether a state has the declared variables, no others, and its own number."""
    place = inside("states", number)
    if not isinstance(node, dict):
        raise TraceError(None, place, described(node), "an object with a state's variables")
    for name in document["vars"]:
        if name not in node:
            raise TraceError(None, place, f"no variable {name!r}", "every variable of vars")
    declared = {"#meta", *document["vars"], *document.get("params", ())}
    for name in (name for name in node if name not in declared):
        what = f"the unknown key {name!r}" if name.startswith("#") else f"a variable {name!r}"
        raise TraceError(None, place, what, "only what vars and params declare, and #meta")
    meta = node.get("#meta", {})
    if not isinstance(meta, dict):
        raise TraceError(None, f"{place}.#meta", described(meta), "an object")
    index = meta.get("index", number)
    if index != number or isinstance(index, bool | float):
        raise TraceError(None, f"{place}.#meta.index", described(index), f"{number}")


def _loop(document: dict[str, Json]) -> int | None:
    loop, last = document.get("loop"), len(document["states"]) - 1
    if loop is None:  # Quint's Rust backend writes null where nothing repeats.
        return None
    if not isinstance(loop, int) or isinstance(loop, bool) or not 0 <= loop <= last:
        raise TraceError(None, "loop", described(loop), f"the index of a state, 0 to {last}")
    return loop


def _own_meta(node: Json) -> TraceMeta:
    schema = node.get("schema") if isinstance(node, dict) else None
    if schema is not None and schema not in (SCHEMA, UNDEFINED_SCHEMA):
        expected = f"{SCHEMA} or {UNDEFINED_SCHEMA}"
        raise TraceError(None, "#meta.quorate.schema", f"{schema}", expected)
    return _convert(node, TraceMeta, "#meta.quorate")


def _own_trace(document: dict[str, Json], meta: TraceMeta) -> Trace:
    nodes = document["states"]
    _check_own_initial(nodes[0])
    initial = _state(document, 0, foreign=False)
    steps = tuple(_own_step(document, i) for i in range(1, len(nodes)))
    return Trace(
        protocol=meta.protocol,
        sizes=tuple(meta.sizes.items()),
        initial=initial,
        steps=steps,
        violation=meta.violation,
        messages=meta.messages,
        processes=meta.processes,
        digest=meta.digest,
        faults=tuple(meta.faults.items()),
        loop=_loop(document),
        undefined=_undefined(meta.undefined, steps[-1].state if steps else initial),
        departure=meta.departure,
        notes=meta.notes,
    )


def _check_own_initial(node: dict[str, Json]) -> None:
    """Nothing leads to the initial state: what says otherwise would be lost."""
    if node.keys() & {"#meta"} and node["#meta"] != {"index": 0}:
        raise TraceError(None, "states[0].#meta", described(node["#meta"]), "the index 0 alone")
    if node.get(ACTION, "init") != "init":
        raise TraceError(None, f"states[0].{ACTION}", described(node[ACTION]), "'init'")
    if _args(node, "states[0]", foreign=False):
        raise TraceError(None, f"states[0].{PICKS}", "a pick", "only picks of None")


def _undefined(meta: UndefinedMeta | None, state: State) -> Undefined | None:
    if meta is None:
        return None
    place = "#meta.quorate.undefined"
    step = Step(
        action=meta.name,
        args=tuple(
            (name, decode(value, f"{place}.args.{name}", foreign=False))
            for name, value in meta.args.items()
        ),
        state=state,
        node=meta.node,
        received=_all_received(meta.received, place),
        because=meta.because,
        source=meta.source,
    )
    return Undefined(meta.kind, step, meta.what, meta.excerpt)


def _own_step(document: dict[str, Json], number: int) -> Step:
    state = _state(document, number, foreign=False)
    node, place = document["states"][number], f"states[{number}]"
    meta = _convert(node.get("#meta"), StepMeta, f"{place}.#meta")
    return Step(
        action=_action(node, place),
        args=_args(node, place, foreign=False),
        state=state,
        node=meta.node,
        received=_all_received(meta.received, f"{place}.#meta"),
        because=meta.because,
        source=meta.source,
    )


def _all_received(metas: tuple[ReceivedMeta, ...], place: str) -> tuple[Received, ...]:
    return tuple(_received(held, f"{place}.received[{i}]") for i, held in enumerate(metas))


def _received(meta: ReceivedMeta, place: str) -> Received:
    message = decode(meta.message, f"{place}.message", foreign=False)
    if not isinstance(message, Record):
        raise TraceError(None, f"{place}.message", show(message), "a message")
    return Received(message, meta.step)


def _foreign_trace(document: dict[str, Json], meta: dict[str, Json]) -> Trace:
    source = meta.get("source")
    if not isinstance(source, str | None):
        raise TraceError(None, "#meta.source", described(source), "the name of a file")
    names = _short_names(document["vars"])
    return Trace(
        protocol=source or "",
        sizes=(),
        initial=_foreign_state(document, 0, names),
        steps=tuple(_foreign_step(document, i, names) for i in range(1, len(document["states"]))),
        loop=_loop(document),
        notes=tuple(_foreign_notes(document, meta)),
    )


def _short_names(names: list[str]) -> dict[str, str]:
    """Each variable without the modules that all of them are in: `bank::log` is `log`."""
    variables = [name for name in names if name not in (ACTION, PICKS)]
    paths = [name.split("::")[:-1] for name in variables]
    shared = sum(1 for _ in takewhile(lambda step: len(set(step)) == 1, zip(*paths, strict=False)))
    return {name: "::".join(name.split("::")[shared:]) for name in variables}


def _foreign_notes(document: dict[str, Json], meta: dict[str, Json]) -> Iterator[str]:
    first = document["states"][0]
    for name in (name for name in document.get("params", ()) if name in first):
        yield f"the parameter {name} is {show(decode(first[name], f'states[0].{name}', True))}"
    if meta.get("status") == "violation":
        yield "the file says that its last state violates a property, but not which one"


def _foreign_step(document: dict[str, Json], number: int, names: dict[str, str]) -> Step:
    node, place = document["states"][number], f"states[{number}]"
    args = _args(node, place, foreign=True)
    return Step(_action(node, place), args, _foreign_state(document, number, names))


def _foreign_state(document: dict[str, Json], number: int, names: dict[str, str]) -> State:
    state = _state(document, number, foreign=True)
    return FrozenMap((names[str(name)], value) for name, value in state.items())


def _state(document: dict[str, Json], number: int, foreign: bool) -> State:
    node, place = document["states"][number], inside("states", number)
    return FrozenMap(
        (name, decode(node[name], inside(place, name), foreign))
        for name in document["vars"]
        if name not in (ACTION, PICKS)
    )


def _action(node: dict[str, Json], place: str) -> str:
    action = node.get(ACTION, "")
    if not isinstance(action, str):
        raise TraceError(None, f"{place}.{ACTION}", described(action), "an action's name")
    return action


def _args(node: dict[str, Json], place: str, foreign: bool) -> tuple[tuple[str, Value], ...]:
    picks = node.get(PICKS, {})
    if not isinstance(picks, dict):
        raise TraceError(None, f"{place}.{PICKS}", described(picks), "an object of picks")
    places = {name: inside(f"{place}.{PICKS}", name) for name in picks}
    return tuple(
        (name, decode(value, places[name], foreign))
        for name, pick in picks.items()
        for value in _picked(pick, places[name], foreign)
    )


def _picked(pick: Json, place: str, foreign: bool) -> list[Json]:
    """The value that was picked, if one was. Some versions of Quint write it bare."""
    if is_variant(pick) and pick["tag"] == "Some":
        return [pick["value"]]
    if pick == NONE or (foreign and pick == {"tag": "None", "value": {}}):
        return []
    if not foreign:
        raise TraceError(None, place, described(pick), "Some value, or None")
    return [pick]


def _convert(node: Json, kind: type[_Meta], place: str) -> _Meta:
    try:
        made = msgspec.convert(node, kind)
    except msgspec.ValidationError as error:
        raise _meta_error(str(error), place) from None
    if (unknown := unknown_field(node, kind)) is not None:
        raise TraceError(None, place + unknown, "a field that is not known here", "only known ones")
    return made


def _meta_error(message: str, place: str) -> TraceError:
    reason, _, path = message.partition(" - at `$")
    place += path.rstrip("`")
    kinds = re.fullmatch(r"Expected `(.+)`, got `(.+)`", reason)
    if kinds:
        return TraceError(None, place, kinds[2], kinds[1])
    missing = re.fullmatch(r"Object missing required field `(.+)`", reason)
    return TraceError(None, place, f"no {missing[1]!r}" if missing else reason, "what was written")
