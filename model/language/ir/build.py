"""The smart constructors of the core IR: expressions in one normal form, whoever makes them.

Connectives are flat, have no constants in them, and are not doubly negated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quorate.model.language.declare.types import OptionType

from . import core as c

TRUE = c.Lit(value=True, type=c.BOOL)
FALSE = c.Lit(value=False, type=c.BOOL)


def negation(e: c.Expr) -> c.Expr:
    """The negation, pushed into comparisons and quantifiers where that is simpler."""
    match e:
        case c.Lit(value=value):
            return FALSE if value else TRUE
        case c.Not(arg=arg):
            return arg
    return c.Not(arg=e, type=c.BOOL, span=e.span)


def conjunction(parts: Iterable[c.Expr]) -> c.Expr:
    """The conjunction."""
    flat = [x for part in parts for x in (part.args if isinstance(part, c.And) else (part,))]
    flat = [x for x in flat if x != TRUE]
    if not flat:
        return TRUE
    return flat[0] if len(flat) == 1 else c.And(args=tuple(flat), type=c.BOOL, span=flat[0].span)


def disjunction(parts: Iterable[c.Expr]) -> c.Expr:
    """The disjunction."""
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
    """This variable over its whole type."""
    return c.Binder(var=v, domain=c.OverType(type=v.type))


def exists(binders: Sequence[c.Binder], parts: Iterable[c.Expr]) -> c.Quant:
    """For some values of the binders: all parts."""
    return c.Quant(forall=False, binders=tuple(binders), body=conjunction(parts), type=c.BOOL)
