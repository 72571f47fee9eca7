"""Values of states as a trace holds them: elements by name, everything immutable."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from quorate.model.language import FrozenMap, Record, Sort
from quorate.model.language.declare.queues import Packet
from quorate.model.language.declare.types import MapType, TupleRecord, key_values
from quorate.model.language.interpreter import State
from quorate.model.language.ir import core as c
from quorate.traces import FrozenMap as TraceMap
from quorate.traces import Record as TraceRecord
from quorate.traces import Value


def show_value(value: Any) -> Value:
    """A value of the language as a value of a trace."""
    match value:
        case None | bool() | int() | str():
            return value
        case Sort():
            return repr(value)
        case enum.Enum():
            return value.name
        case Packet():
            return show_record(value.message)
        case Record() if not isinstance(value, TupleRecord):
            return show_record(value)
        case frozenset() | set():
            return frozenset(map(show_value, value))
        case tuple():
            return tuple(map(show_value, value))
        case FrozenMap() | Mapping():
            return TraceMap([(show_value(k), show_value(v)) for k, v in value.items()])
    raise TypeError(f"{value!r} is no value of the language")


def show_record(value: Record) -> TraceRecord:
    """A record or message as a record of a trace."""
    fields = zip(value.field_names(), value, strict=True)
    return TraceRecord(type(value).__name__, tuple((n, show_value(v)) for n, v in fields))


def show_state(description: c.Description, state: State) -> dict[str, Value]:
    """Every variable of a state by name, then the remaining budget of each fault.

    Use it inside the sizes of the state.
    """
    shown: dict[str, Value] = {}
    for variable, value in zip(description.variables, state, strict=False):
        if isinstance(variable.type, MapType):
            cells = zip(key_values(variable.type.keys), value, strict=True)
            shown[variable.name] = TraceMap([(show_value(k), show_value(v)) for k, v in cells])
        else:
            shown[variable.name] = show_value(value)
    faults = description.protocol.budgets()
    for kind, left in zip(faults, state[len(description.variables) :], strict=True):
        shown[f"{kind}_budget"] = left
    return shown
