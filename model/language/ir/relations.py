"""Relations of types: which fits which, their common type, the type of their elements."""

from __future__ import annotations

from quorate.model.language.declare.types import (
    IntType,
    MapType,
    NatType,
    OptionType,
    QuorumType,
    SeqType,
    SetType,
    SortType,
    Type,
)

from . import surface as s

NUMBER = NatType(None)
INTEGER = IntType(None)


class _NoneType(Type):
    """The type of a None whose type is not known yet."""

    def __str__(self) -> str:
        return "None"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _NoneType)

    def __hash__(self) -> int:
        return 0


NONE = _NoneType()


def fits(found: Type, expected: Type) -> bool:
    """Whether a value of type `found` may be used where `expected` is needed."""
    if found == expected:
        return True
    match found, expected:
        case (_NoneType(), OptionType()):
            return True
        case (_, OptionType(inner)):
            return fits(found.inner if isinstance(found, OptionType) else found, inner)
        case (NatType() | IntType(), NatType() | IntType()):
            return True
        case (SetType(_NoneType()), SetType()):
            return True
        case (QuorumType(system), SetType(element)):
            return SortType(system.of) == element
        case (SeqType(one, _), SeqType(other, _)):
            return _held_alike(one, other)
        case (MapType(keys, one), MapType(others, other)):
            return keys == others and _held_alike(one, other)
    return False


def _held_alike(one: Type, other: Type) -> bool:
    """Whether a part of one type fits the other, and is held in the same way."""
    return fits(one, other) and (one == other or not (_signed(one) or _signed(other)))


def _signed(t: Type) -> bool:
    return isinstance(t.inner if isinstance(t, OptionType) else t, IntType)


def join(left: Type, right: Type) -> Type | None:
    """The type that both types fit, or None."""
    if left != right and is_number(left) and is_number(right) and (_signed(left) or _signed(right)):
        return INTEGER
    if fits(left, right):
        return right
    if fits(right, left):
        return left
    for one, other in ((left, right), (right, left)):
        if isinstance(one, _NoneType):
            return OptionType(other)
    return None


def set_type(t: Type) -> SetType | None:
    """The type of sets and quorums as sets; None for other types."""
    if isinstance(t, SetType):
        return t
    return SetType(SortType(t.system.of)) if isinstance(t, QuorumType) else None


def is_set(t: Type) -> bool:
    return set_type(t) is not None


def element_type(over: s.Expr) -> Type | None:
    """The type of the elements of an expression, or None if it cannot be iterated."""
    if isinstance(over, s.SortRange):
        return over.type
    match over.type:
        case SetType(element) if element == NONE:
            return None
        case SetType(element) | s.ListType(element) | SeqType(element, _):
            return element
        case QuorumType(system):
            return SortType(system.of)
    return None


def is_number(t: Type) -> bool:
    return isinstance(t, NatType | IntType)


def is_numeric(e: s.Expr) -> bool:
    return is_number(e.type) and not isinstance(e, s.SortRange)


def number_type(*types: Type | None) -> Type:
    """The type of what is computed from numbers of these types, or for one: signed if one is."""
    plain = (t.inner if isinstance(t, OptionType) else t for t in types)
    return INTEGER if any(isinstance(t, IntType) for t in plain) else NUMBER


def is_none(e: s.Expr) -> bool:
    return isinstance(e, s.Constant) and e.value is None


def bottom_of(t: Type) -> str | None:
    return t.bottom if isinstance(t, SortType) else None


def signed_apart(item: Type, of: SetType | SeqType) -> bool:
    """Whether one of them has negative numbers, and they are not of one range."""
    return item != of.element and any(isinstance(t, IntType) for t in (item, of.element))
