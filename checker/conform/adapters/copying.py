"""Copies of roles, stores and servers: objects whose attributes are values, or dicts of values."""

from __future__ import annotations

from typing import TypeVar

_T = TypeVar("_T")


def copied(role: _T) -> _T:
    """A copy with dictionaries of its own."""
    twin = object.__new__(type(role))
    twin.__dict__ = held = role.__dict__.copy()
    for name, x in held.items():
        if type(x) is dict:
            held[name] = x.copy()
    return twin
