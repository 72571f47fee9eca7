"""How a value of each type is held in ground form.

A scalar type (bool, sort, enum, number, quorum, a union, an option of one) is one scalar; a
compound one is a tuple of parts: a record its fields, a set one condition per element, a sequence
its length and its items (0 past the end, so that equal sequences have equal parts), a map its
values.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .nodes import Bool, Scalar

# A ground value: `Bool` for bool, `Scalar` for scalar types, else a compound.
Value = Any


class Present(NamedTuple):
    """A value of `T | None` for a compound T; the inner parts are 0 where it is None."""

    present: Bool
    inner: Value


class Fields(NamedTuple):
    """A record: its fields in order."""

    values: tuple[Value, ...]


class Bits(NamedTuple):
    """A set: whether each value of the element type, in code order, is a member."""

    members: tuple[Bool, ...]


class Items(NamedTuple):
    """A sequence: its length, and as many items as it can have."""

    length: Scalar
    items: tuple[Value, ...]


class Entries(NamedTuple):
    """A map: a value for every key, in key order."""

    values: tuple[Value, ...]
