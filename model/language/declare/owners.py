"""Whose a state variable is."""

from __future__ import annotations

from .protocol import Variable
from .types import MapType, SortType


def process_of(v: Variable) -> SortType | None:
    """The sort of the processes that own the cells of a variable: its first key."""
    first = v.type.keys[0] if isinstance(v.type, MapType) else None
    return first if isinstance(first, SortType) else None
