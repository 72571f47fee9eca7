"""A line of a log, checked against the model: what it says, in the values of traces."""

from __future__ import annotations

from dataclasses import dataclass

from quorate.traces import Record, Value
from quorate.traces.values import show_key

Arguments = tuple[tuple[str, Value], ...]
Called = tuple[str, Arguments]


@dataclass(frozen=True, slots=True)
class Said:
    """A line, checked, with values of traces. A whole variable has the key `WHOLE`."""

    events: tuple[Called, ...] | None
    maybe: bool
    blocked: bool
    cells: tuple[tuple[str, Value, Value], ...]
    received: frozenset[Value]
    sent: frozenset[Value]
    holds: tuple[Called, ...]

    @property
    def compares(self) -> bool:
        """Whether it says anything at all."""
        return bool(self.events or self.cells or self.received or self.sent or self.holds)


WHOLE = ("whole",)
"""The key that a variable has that is no map."""


def place_of(variable: str, key: Value) -> str:
    """A cell, as tables show it: `max_bal[a0]`, `len(log[s0])`."""
    if variable.startswith("len("):
        return f"len({place_of(variable[4:-1], key)})"
    return variable if key is WHOLE else f"{variable}[{show_key(key)}]"


def fits(message: Value, known: Value) -> bool:
    """Whether a message, or another value, is what is known of it."""
    if not (isinstance(message, Record) and isinstance(known, Record)):
        return message == known
    return message.tag == known.tag and common(message, known) == len(known.fields)


def common(message: Record, known: Record) -> int:
    """How many of the fields that are known a message has."""
    fields = dict(message.fields)
    return sum(
        len(fields[n[4:-1]]) == v if n.startswith("len(") else fields[n] == v  # type: ignore[arg-type]
        for n, v in known.fields
    )
