"""The bounds of types, which a stored value must keep: numbers and lengths never wrap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    NatType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleRecord,
    Type,
)
from quorate.model.language.declare.unions import UnionType
from quorate.model.language.declare.values import FrozenMap

from .diagnostics import StepError


def has_bounds(t: Type) -> bool:
    """Whether a type has values that Python could store and the type does not have."""
    match t:
        case NatType() | IntType() | SeqType():
            return True
        case OptionType(inner) | SetType(inner):
            return has_bounds(inner)
        case UnionType(alternatives):
            return any(map(has_bounds, alternatives))
        case RecordType():
            return any(map(has_bounds, t.fields.values()))
        case MapType(_, value):
            return has_bounds(value)
        case _:
            return False


def check_range(place: str, t: Type, value: Any) -> None:
    """Check that a value is within its declared bounds. Raises StepError."""
    match t:
        case NatType(sort) if sort is not None:
            most = max(t.values())
            if not 0 <= value <= most:
                raise StepError(f"{place} = {value}, but {t} goes from 0 to {most}")
        case IntType(sort) if sort is not None:
            if not sort.low <= value <= sort.high:
                raise StepError(f"{place} = {value}, but {t} goes from {sort.low} to {sort.high}")
        case SeqType(element, length):
            most = max(length.values())
            if len(value) > most:
                raise StepError(f"{place} has {len(value)} entries, but {length} ends at {most}")
            for item in value:
                check_range(place, element, item)
        case OptionType(inner) if value is not None:
            check_range(place, inner, value)
        case UnionType() if (kind := t.of(value)) is not None:
            check_range(place, kind, value)
        case RecordType():
            for (name, inner), item in zip(t.fields.items(), value, strict=True):
                check_range(f"{place}.{name}", inner, item)
        case MapType(_, inner) if isinstance(value, FrozenMap):
            for item in value.values():
                check_range(place, inner, item)
        case SetType(inner):
            for item in value:
                check_range(f"a member of {place}", inner, item)


def holds(t: Type, value: Any) -> bool:
    """Whether a Python value is a value of the type at some sizes."""
    match t:
        case BoolType():
            return isinstance(value, bool)
        case SortType(sort):
            return isinstance(value, sort)
        case EnumType(enum):
            return isinstance(value, enum)
        case NatType():
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case IntType():
            return isinstance(value, int) and not isinstance(value, bool)
        case OptionType(inner):
            return value is None or holds(inner, value)
        case UnionType(alternatives):
            return any(holds(x, value) for x in alternatives)
        case RecordType(record):
            plain = issubclass(record, TupleRecord) and type(value) is tuple
            return (isinstance(value, record) or (plain and len(value) == len(t.fields))) and all(
                holds(ft, x) for ft, x in zip(t.fields.values(), value, strict=True)
            )
        case SetType(element):
            return isinstance(value, frozenset) and all(holds(element, x) for x in value)
        case SeqType(element, _):
            return isinstance(value, tuple) and all(holds(element, x) for x in value)
        case MapType(_, inner):
            return isinstance(value, Mapping) and all(holds(inner, x) for x in value.values())
    return False
