"""Copies of roles, stores and servers: their attributes are values, collections of values, or
dataclasses of such."""

from __future__ import annotations

from typing import TypeVar

_T = TypeVar("_T")


def copied(role: _T) -> _T:
    """A copy with collections and parts of its own."""
    twin = object.__new__(type(role))
    twin.__dict__ = held = role.__dict__.copy()
    for name, x in held.items():
        if type(x) in (dict, list):
            held[name] = x.copy()
        elif _is_mutable(type(x)):
            held[name] = copied(x)
    return twin


def _is_mutable(kind: type) -> bool:
    """Whether it is a dataclass that is not frozen."""
    made = getattr(kind, "__dataclass_params__", None)
    return made is not None and not made.frozen
