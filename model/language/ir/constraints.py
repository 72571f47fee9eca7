"""The `@constraint` of a search: a state outside is checked, but no step is taken from it.

It bounds searches alone, as CONSTRAINT does in TLC. What is proved of all states, and what an
implementation is compared with, is the protocol without it.
"""

from __future__ import annotations

from dataclasses import replace

from . import core as c


def constraints(description: c.Description) -> tuple[c.Property, ...]:
    """The predicates that bound a search: a state is within if all of them hold."""
    return tuple(p for p in description.properties if p.kind == "constraint")


def unconstrained(description: c.Description) -> c.Description:
    """The same protocol, its steps taken everywhere."""
    kept = (p for p in description.properties if p.kind != "constraint")
    return replace(description, properties=tuple(kept))
