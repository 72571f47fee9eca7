"""The smart constructors of the core IR, which keep expressions in one normal form.

In it connectives are flat, have no constants as arguments, and are not negated twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from quorate.model.language.declare.types import (
    IntType,
    MapType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    Type,
)
from quorate.model.language.declare.unions import UnionType

from . import core as c
from .relations import INTEGER, NONE, is_number

TRUE = c.Lit(value=True, type=c.BOOL)
FALSE = c.Lit(value=False, type=c.BOOL)


def negation(e: c.Expr) -> c.Expr:
    """The negation; literals and double negations are simplified."""
    match e:
        case c.Lit(value=value):
            return FALSE if value else TRUE
        case c.Not(arg=arg):
            return arg
    return c.Not(arg=e, type=c.BOOL, span=e.span)


def conjunction(parts: Iterable[c.Expr]) -> c.Expr:
    """The conjunction, flat and without TRUE; TRUE if there are no other parts."""
    flat = [x for part in parts for x in (part.args if isinstance(part, c.And) else (part,))]
    flat = [x for x in flat if x != TRUE]
    if not flat:
        return TRUE
    return flat[0] if len(flat) == 1 else c.And(args=tuple(flat), type=c.BOOL, span=flat[0].span)


def disjunction(parts: Iterable[c.Expr]) -> c.Expr:
    """The disjunction, flat and without FALSE; FALSE if there are no other parts."""
    flat = [x for part in parts for x in (part.args if isinstance(part, c.Or) else (part,))]
    flat = [x for x in flat if x != FALSE]
    if TRUE in flat:
        return TRUE
    if not flat:
        return FALSE
    return flat[0] if len(flat) == 1 else c.Or(args=tuple(flat), type=c.BOOL, span=flat[0].span)


def alike(x: c.Expr, y: c.Expr) -> tuple[c.Expr, c.Expr]:
    """Two values of T or `T | None` as values of one type."""
    if isinstance(x.type, OptionType) and not isinstance(y.type, OptionType):
        return x, c.Some(of=y, type=x.type)
    if isinstance(y.type, OptionType) and not isinstance(x.type, OptionType):
        return c.Some(of=x, type=y.type), y
    return x, y


def equal(x: c.Expr, y: c.Expr) -> c.Expr:
    """x == y, where one of them may be None."""
    if isinstance(y, c.Lit) and isinstance(y.value, bool):
        return x if y.value else negation(x)
    left, right = alike(x, y)
    return c.Eq(left=left, right=right, type=c.BOOL)


def less(x: c.Expr, y: c.Expr) -> c.Expr:
    """x < y."""
    return c.Less(left=x, right=y, type=c.BOOL)


def over(v: c.Var) -> c.Binder:
    """A binder of this variable over its whole type."""
    return c.Binder(var=v, domain=c.OverType(type=v.type))


def exists(binders: Sequence[c.Binder], parts: Iterable[c.Expr]) -> c.Quant:
    """For some values of the binders, all parts hold."""
    return c.Quant(forall=False, binders=tuple(binders), body=conjunction(parts), type=c.BOOL)


def constant(value: Any, t: Type) -> c.Expr:
    """A Python value of type t as an expression."""
    if isinstance(t, OptionType) and value is not None:
        return c.Some(of=constant(value, t.inner), type=t)
    match t:
        case UnionType() if (kind := t.of(value)) is not None:
            return c.OneOf(of=constant(value, kind), type=t)
        case SetType(element):
            items = tuple(constant(x, element) for x in sorted(value, key=repr))
            return c.MakeSet(items=items, type=t)
        case SeqType(element, _):
            return c.MakeSeq(items=tuple(constant(x, element) for x in value), type=t)
        case RecordType(record):
            args = tuple(
                constant(x, ft) for x, ft in zip(value, record.field_types().values(), strict=True)
            )
            return c.MakeRecord(record=record, args=args, type=t)
    return c.Lit(value=value, type=t)


def as_one(of: c.Expr, t: Type) -> c.Expr:
    """A value of a union as one of an alternative."""
    return of.of if isinstance(of, c.OneOf) and of.of.type == t else c.As(of=of, type=t)


def is_any(of: c.Expr, kinds: Iterable[Type]) -> c.Expr:
    """Whether a value of a union, or None, is one of these alternatives."""
    present = []
    if isinstance(of.type, OptionType):
        present = [negation(equal(of, c.Lit(value=None, type=of.type)))]
        of = of.of if isinstance(of, c.Some) else c.Unwrap(of=of, type=of.type.inner)
    tests = [c.Is(of=of, kind=t, type=c.BOOL) for t in kinds]
    return conjunction([*present, disjunction(tests)])


def coerce(e: c.Expr, t: Type) -> c.Expr:
    """An expression as one of type t, which its own type must fit."""
    if e.type == t:
        return e
    if is_number(e.type) and is_number(t):
        return _number(e, t)
    if e.type == NONE or (isinstance(e, c.Lit) and e.value is None):
        return replace(e, type=t)
    if isinstance(t, OptionType) and not isinstance(e.type, OptionType):
        return c.Some(of=coerce(e, t.inner), type=t, span=e.span)
    if isinstance(t, OptionType) and isinstance(e.type, OptionType):
        return _optional_number(e, e.type, t)
    if isinstance(e, c.MakeSet) and not e.items:
        return replace(e, type=t)
    if isinstance(e, c.MakeMap) and isinstance(t, MapType):
        return replace(e, body=coerce(e.body, t.value), type=t)
    if isinstance(e.type, QuorumType) and isinstance(t, SetType):
        nothing = c.MakeSet(items=(), type=t, span=e.span)
        return c.SetOp(op="|", left=e, right=nothing, type=t, span=e.span)
    return e


def _number(e: c.Expr, t: Type) -> c.Expr:
    """A number as one of type t. Naturals are told from naturals only where they are stored."""
    if not isinstance(e.type, IntType) and not isinstance(t, IntType):
        return e
    if isinstance(e, c.Lit) and t == INTEGER:
        return replace(e, type=t)
    if isinstance(e, c.Convert) and e.of.type == t:
        return e.of
    return c.Convert(of=e, type=t, span=e.span)


def _optional_number(e: c.Expr, found: OptionType, t: OptionType) -> c.Expr:
    if not ((is_number(found.inner) and isinstance(t.inner, IntType)) or found.inner == INTEGER):
        return e
    none, other = c.Lit(value=None, type=t), c.Lit(value=None, type=found)
    some = c.Some(of=_number(c.Unwrap(of=e, type=found.inner), t.inner), type=t, span=e.span)
    test = c.Eq(left=e, right=other, type=c.BOOL, span=e.span)
    return c.Ite(test=test, then=none, orelse=some, type=t, span=e.span)
