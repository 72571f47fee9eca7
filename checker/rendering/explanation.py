"""Why an action is disabled, or what it would change, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from quorate.checker.results import Move
from quorate.checker.tracing.enabling import Enabling
from quorate.checker.tracing.guards import GuardCheck, TriedAction, title
from quorate.checker.user_file import near_path
from quorate.traces import Trace
from quorate.traces import show as shown

from .document import run_json
from .output import Output
from .words import count


@dataclass(frozen=True)
class Explained:
    """One action that was tried; `run` is its step if it is enabled, else `enabling` may help.

    `instances` says of how many it was chosen; None if it was asked about by its arguments.
    """

    tried: TriedAction
    run: Trace | None
    enabling: Enabling | None
    instances: int | None = None


def show(out: Output, step: int, steps: int, explained: Sequence[Explained]) -> None:
    """All that was explained, in the state before one step."""
    place = f"before step {step} of {steps}" if step <= steps else f"after the last step, {steps}"
    out.title(place)
    for one in explained:
        _show(out, one)


def _show(out: Output, one: Explained) -> None:
    found = one.tried
    if found.move is not None and one.run is not None:
        out.line(f"{found.title} is enabled", "ok")
        for guard in found.guards if one.instances is None else ():
            _guard(out, guard, None)
        for line in _effects(one.run):
            out.line(line, indent=2)
        return
    if one.instances == 0:
        out.line(f"{found.action} has no instance: {found.guards[0].why}", "bad")
        return
    chosen = one.instances is not None and one.instances > 1
    nearest = f"; of {one.instances:,} instances it misses the fewest guards" if chosen else ""
    out.line(f"{found.title} is disabled{nearest}", "bad")
    for guard in found.guards:
        _guard(out, guard, one.enabling)
    if found.undefined is not None:
        out.line(f"what follows is not evaluated: {found.undefined}", "warn", indent=1)
    if one.enabling is not None:
        _enabling(out, one.enabling)


def _guard(out: Output, guard: GuardCheck, found: Enabling | None) -> None:
    where = "" if guard.place is None else f"{near_path(guard.place[0])}:{guard.place[1]}: "
    out.line(f"{where}{guard.text}", "ok" if guard.held else "bad", indent=1)
    if guard.why:
        out.wrapped(guard.why, indent=4)
    if found is None or guard.held or guard.place is None:
        return
    path = found.guards.get(guard.place)
    if path is not None and path != found.enabled:
        out.wrapped(f"it holds after {_listed(path)}", indent=4)


def _enabling(out: Output, found: Enabling) -> None:
    if found.enabled is not None:
        out.wrapped(f"the shortest run that enables it: {_listed(found.enabled)}", indent=1)
        return
    states = count(found.states, "state")
    if found.all_states:
        out.line(f"nothing that can follow enables it: {states}, all of them", indent=1)
    else:
        out.line(f"not enabled in any of the {states} nearest to this one", indent=1)


def _listed(path: Sequence[Move]) -> str:
    return ", ".join(title(move.action, move.arguments) for move in path)


def _effects(run: Trace) -> Iterator[str]:
    yield from (str(change) for change in run.changes(1))
    yield from (f"sends {shown(message)}" for message in run.sent(1))
    yield from (f"takes {shown(message)}" for message in run.consumed(1))
    if run.state(0) == run.state(1):
        yield "changes nothing"


def as_json(protocol: str, step: int, explained: Sequence[Explained]) -> dict[str, Any]:
    """The explanation as plain data."""
    return {"protocol": protocol, "step": step, "actions": [*map(_json, explained)]}


def _json(one: Explained) -> dict[str, Any]:
    found, search = one.tried, one.enabling
    places = {} if search is None else search.guards
    return {
        "action": found.title,
        "enabled": found.move is not None,
        "instances": one.instances,
        "guards": [_guard_json(guard, places) for guard in found.guards],
        "undefined": found.undefined,
        "step": one.run and run_json(one.run)["steps"][0],
        "enabled_by": search and _path_json(search.enabled),
        "states": search and search.states,
        "all_states": search and search.all_states,
    }


def _guard_json(guard: GuardCheck, places: dict[tuple[str, int], Any]) -> dict[str, Any]:
    return {
        "text": guard.text,
        "held": guard.held,
        "file": guard.place and guard.place[0],
        "line": guard.place and guard.place[1],
        "why": guard.why or None,
        "holds_after": _path_json(places.get(guard.place)) if guard.place else None,
    }


def _path_json(path: Sequence[Move] | None) -> list[str] | None:
    return None if path is None else [title(m.action, m.arguments) for m in path]
