"""What changes from one state to the next, part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import cast

from .values import FrozenMap, Record, Value, in_order, show, show_key, show_name

_LONG = 80
"""Characters from which on a change of a set is told by what the set gains and loses."""


class Absent(Enum):
    """The old value of a key that a map did not have, or the new one of a key it lost."""

    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Change:
    """What one step did to a variable, to one key of a map, or to a part of what is there."""

    variable: str
    key: Value
    """The key of the map; None where the variable is no map, or changed as a whole."""
    old: Value | Absent
    new: Value | Absent
    inside: str = ""
    """Which part of the value, such as `.queue[a1]`; empty where it is the whole value."""

    @property
    def place(self) -> str:
        """`max_bal[a0]`, or the variable's name."""
        name = show_name(self.variable)
        place = name if self.key is None else f"{name}[{show_key(self.key)}]"
        return place + self.inside

    def __str__(self) -> str:
        whole = f"{self.place}: {_show_side(self.old)} → {_show_side(self.new)}"
        if len(whole) <= _LONG or not (is_set(self.old) and is_set(self.new)):
            return whole
        old, new = (cast("frozenset[Value]", side) for side in (self.old, self.new))
        sides = (("gains", new - old), ("loses", old - new))
        told = "; ".join(f"{verb} {_listed(members)}" for verb, members in sides if members)
        return f"{self.place}: {told}" if old & new else whole


def differences(name: str, old: Value, new: Value) -> Iterator[Change]:
    """How the variable `name` differs between two states."""
    if not (isinstance(old, FrozenMap) and isinstance(new, FrozenMap)):
        yield from _parts(Change(name, None, old, new))
        return
    for key, before, after in _entries(old, new):
        yield from _parts(Change(name, key, before, after))


def _parts(change: Change) -> Iterator[Change]:
    """A change, or what differs inside: single entries of maps, and single fields of records.

    A record whose fields all changed stays whole, as does a map that is filled or emptied.
    """
    parts: list[tuple[str, Value | Absent, Value | Absent]] = []
    match change.old, change.new:
        case FrozenMap() as old, FrozenMap() as new if old and new:
            parts = [(f"[{show_key(key)}]", v, w) for key, v, w in _entries(old, new)]
        case Record(tag, old), Record(other, new) if tag == other and _names(old) == _names(new):
            fields = zip(old, new, strict=True)
            parts = [(f".{show_name(n)}", v, w) for (n, v), (_, w) in fields if v != w]
            parts = parts if len(parts) < len(old) else []
    if not parts:
        yield change
    for inside, before, after in parts:
        yield from _parts(replace(change, inside=change.inside + inside, old=before, new=after))


def _entries(
    old: FrozenMap, new: FrozenMap
) -> Iterator[tuple[Value, Value | Absent, Value | Absent]]:
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key, Absent.ABSENT), new.get(key, Absent.ABSENT)
        if before != after:
            yield key, before, after


def _names(fields: tuple[tuple[str, Value], ...]) -> list[str]:
    return [name for name, _ in fields]


def _listed(members: frozenset[Value]) -> str:
    return ", ".join(map(show, in_order(members)))


def _show_side(side: Value | Absent) -> str:
    return side.value if isinstance(side, Absent) else show(side)


def is_set(value: Value | Absent) -> bool:
    """Whether a value is a set."""
    return isinstance(value, frozenset)
