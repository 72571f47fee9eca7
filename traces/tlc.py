"""Counterexamples of TLC, as `-dumpTrace json` writes them.

The object has `state`, the `[number, variables]` of each state, and `action`, a `[before, action,
after]` for each step and for the way back of a lasso; newer versions put both into
`counterexample`. Both are sets (`CounterExample.java` in TLC), so only the numbers order them. A
specification that writes its own trace (`JsonSerialize` of `Trace`, or of the `_TETrace` in a
TTrace file) gives a list of states alone. JSON tells no set of TLA+ from a sequence, and no
function from a record: a list is read as a sequence, and what a variable holds as a map.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .errors import TraceError
from .itf_json import inside
from .itf_values import described
from .trace import Source, State, Step, Trace
from .values import FrozenMap, Record, Value

_SHAPE = "[number, variables], as TLC writes it"


def is_tlc(document: Any) -> bool:
    """Whether a document is one of TLC and not an ITF trace."""
    if isinstance(document, list):
        return bool(document) and all(isinstance(state, dict) for state in document)
    return isinstance(document, dict) and (
        "counterexample" in document or ("state" in document and "states" not in document)
    )


def tlc_trace(document: dict[str, Any] | list[dict[str, Any]]) -> Trace:
    """The trace of a document of TLC. Raises TraceError."""
    if isinstance(document, list):
        document = {"state": [[k, state] for k, state in enumerate(document, start=1)]}
    place = "counterexample" if "counterexample" in document else ""
    found = document["counterexample"] if place else document
    if not isinstance(found, dict):
        raise TraceError(None, place, described(found), "an object with state and action")
    listed = found.get("state")
    if not isinstance(listed, list) or not listed:
        raise TraceError(None, inside(place, "state"), described(listed), "a list of states")
    order = document.get("vars")
    states: dict[int, State] = {}
    places = (inside(inside(place, "state"), k) for k in range(len(listed)))
    read = [(*_numbered(item, at), at) for item, at in zip(listed, places, strict=True)]
    for k, (number, values, at) in enumerate(sorted(read, key=lambda r: r[0]), start=1):
        if number != k:
            raise TraceError(None, at, f"the number {number}", f"{k}")
        names = order if isinstance(order, list) and set(order) == set(values) else list(values)
        states[number] = FrozenMap((n, _value(values[n], inside(at, n), top=True)) for n in names)
    steps, loop = _steps(found.get("action", []), inside(place, "action"), states)
    module = next((s.source.file for s in steps if s.source), "")
    return Trace(module, (), states[1], tuple(steps), loop=loop)


def _steps(listed: Any, place: str, states: dict[int, State]) -> tuple[list[Step], int | None]:
    if not isinstance(listed, list):
        raise TraceError(None, place, described(listed), "a list of actions")
    by_end: dict[int, Step] = {}
    loop = None
    for k, item in enumerate(listed):
        at = inside(place, k)
        if not isinstance(item, list) or len(item) != 3 or not isinstance(item[1], dict):
            raise TraceError(None, at, described(item), "[before, action, after]")
        (before, _), (after, _) = (_numbered(item[j], inside(at, j)) for j in (0, 2))
        for number in (before, after):
            if number not in states:
                raise TraceError(None, at, f"the state {number}", f"1 to {len(states)}")
        if after <= before:
            loop = after - 1  # what TLC calls "back to state": a run that repeats
        else:
            by_end[after] = _step(item[1], inside(at, 1), states[after])
    return [by_end.get(n, Step("", (), s)) for n, s in states.items() if n > 1], loop


def _step(action: dict[str, Any], place: str, after: State) -> Step:
    name, context = action.get("name", ""), action.get("context", {})
    if not isinstance(name, str):
        raise TraceError(None, inside(place, "name"), described(name), "an action's name")
    named = action.get("parameters", [])
    given = context if isinstance(context, dict) else {}
    names = [p for p in named if p in given] if isinstance(named, list) else []
    args = tuple((p, _value(given[p], inside(place, p))) for p in names)
    return Step(name, args, after, source=_source(action.get("location")))


def _source(location: Any) -> Source | None:
    match location:
        case {"module": str() as module, "beginLine": int() as line}:
            return Source(f"{module}.tla", line)
    return None


def _numbered(item: Any, place: str) -> tuple[int, dict[str, Any]]:
    match item:
        case [int() as number, dict() as values] if not isinstance(number, bool):
            return number, values
    raise TraceError(None, place, described(item), _SHAPE)


def _value(node: Any, place: str, top: bool = False) -> Value:
    match node:
        case bool() | int() | str():
            return node
        case list():
            return tuple(_value(part, inside(place, k)) for k, part in enumerate(node))
        case dict():
            parts = list(_parts(node, place))
            is_record = not top and all(name.isidentifier() for name, _ in parts)
            return Record("", tuple(parts)) if is_record else FrozenMap(parts)
    raise TraceError(None, place, described(node), "a value of TLA+")


def _parts(node: dict[str, Any], place: str) -> Iterator[tuple[str, Value]]:
    for name, value in node.items():
        yield name, _value(value, inside(place, name))
