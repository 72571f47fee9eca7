"""States, steps and runs as the page gets them: plain JSON, with values as text."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from quorate.checker.tracing.build import message_variable
from quorate.checker.tracing.explaining import Explaining
from quorate.checker.tracing.guards import title
from quorate.checker.tracing.witness import witness
from quorate.model.language.interpreter import State
from quorate.model.language.ir import core as c
from quorate.traces import FrozenMap, Step, Trace, Value, in_order, show

from .walk import EnabledStep, Walk


def state_json(walk: Walk, state: State, before: State | None) -> list[dict[str, Any]]:
    """The variables of a state; `before` is the state that its differences are marked against."""
    old = {} if before is None else dict(walk.shown(before))
    return [
        _variable(str(name), value, old.get(name, value))
        for name, value in walk.shown(state).items()
    ]


def _variable(name: str, value: Value, old: Value) -> dict[str, Any]:
    """A variable: a map as its cells, a set of records as its elements, anything else as a text."""
    if isinstance(value, FrozenMap) and isinstance(old, FrozenMap):
        return {"name": name, "cells": [_cell(k, v, old.get(k)) for k, v in value.items()]}
    if isinstance(value, frozenset) and isinstance(old, frozenset):
        marks = {**dict.fromkeys(value, ""), **dict.fromkeys(value - old, "new")}
        marks |= dict.fromkeys(old - value, "gone")
        items = [{"text": show(m), "mark": marks[m]} for m in in_order(marks)]
        return {"name": name, "items": items}
    return {"name": name, "value": show(value), "old": None if value == old else show(old)}


def _cell(key: Value, value: Value, old: Value) -> dict[str, Any]:
    parts = key if isinstance(key, tuple) else (key,)
    return {
        "key": [show(part) for part in parts],
        "value": show(value),
        "old": None if value == old else show(old),
        "empty": value == (),
    }


def changes_of(walk: Walk, before: State, after: State) -> list[dict[str, str]]:
    """What a step changes, for a look ahead: places with both values, and messages."""
    step = Step("", (), walk.shown(after))
    run = Trace("", (), walk.shown(before), (step,), messages=message_variable(walk.protocol))
    found = [{"kind": "changed", "text": str(change)} for change in run.changes(1)]
    found += [{"kind": "sent", "text": show(message)} for message in run.sent(1)]
    found += [{"kind": "taken", "text": show(message)} for message in run.consumed(1)]
    return found


def step_json(walk: Walk, number: int, state: State, step: EnabledStep) -> dict[str, Any]:
    """A step that is possible in a state, and what follows from it."""
    shown = {
        "number": number,
        "action": step.action,
        "arguments": walk.named(step.action, step.arguments),
        "title": title(step.action, step.arguments),
        "undefined": step.undefined,
    }
    if step.after is None:
        return {**shown, "stays": False, "violates": [], "changes": []}
    known = set(walk.violated(state))
    return {
        **shown,
        "stays": step.after == state,
        "violates": [name for name in walk.violated(step.after) if name not in known],
        "changes": changes_of(walk, state, step.after),
    }


def properties_json(walk: Walk, state: State) -> list[dict[str, Any]]:
    """Each property of states: whether it is true here, and for a violation why."""
    wanted = [*walk.description.properties, *walk.description.finals]
    return [_property(walk, p, state) for p in wanted]


def _property(walk: Walk, p: c.Property, state: State) -> dict[str, Any]:
    held, why = walk.holds(p.name, state), None
    if held is False and p.kind == "invariant":
        explain = partial(witness, walk.description, p, state, walk.interpreter)
        why = Explaining().part("why", explain, None)
    place = {"file": p.span.file, "line": p.span.line}
    return {"name": p.name, "kind": p.kind, "held": held, "why": why, "doc": p.doc, **place}


def run_json(walk: Walk, trace: Trace, states: Iterable[State]) -> dict[str, Any]:
    """A run as its space-time diagram shows it, and which of its states violate an invariant."""
    return {
        "lanes": list(trace.columns()),
        "steps": [_step(trace, number, step) for number, step in trace.numbered()],
        "violated": [walk.violated(state) for state in states],
        "notes": list(trace.notes),
    }


def _step(trace: Trace, number: int, step: Step) -> dict[str, Any]:
    return {
        "number": number,
        "action": step.action,
        "title": step.title(names=False),
        "node": step.node,
        "received": [{"text": show(r.message), "step": r.step} for r in step.received],
        "because": list(step.because),
        "sent": [
            {"text": show(m), "received": trace.is_received(number, m)} for m in trace.sent(number)
        ],
        "changes": [str(change) for change in trace.changes(number)],
    }
