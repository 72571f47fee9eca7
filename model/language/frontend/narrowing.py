"""Narrowing of `T | None`: which values cannot be None where a condition holds.

As in type checkers: inside `if x is not None:`, after `require(x is not None)`, and wherever else a
test shows it, the same expression `x` is a value of T, not of `T | None`.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from quorate.model.language.declare.types import OptionType
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import is_none

# Expressions that are known not to be None are kept in the form that `plain` gives.


def narrowed(e: s.Expr, present: tuple[s.Expr, ...]) -> s.Expr:
    """The expression, unwrapped if it is known not to be None."""
    if isinstance(e, s.Declared) and isinstance(e.type, OptionType) and _sure(e.of):
        return s.Unwrap(of=e, type=e.type.inner, span=e.span)  # it was just written
    if present and isinstance(e.type, OptionType) and plain(e) in present:
        return s.Unwrap(of=e, type=e.type.inner, span=e.span)
    return e


def _sure(e: s.Expr) -> bool:
    return not isinstance(e.type, OptionType) and not is_none(e)


def widened(e: s.Expr) -> s.Expr:
    """The expression without its narrowing."""
    return e.of if isinstance(e, s.Unwrap) else e


def plain(e: Any) -> Any:
    """An expression with local names replaced by their values, and without narrowing.

    So `y` and `self.x` are the same after `y = self.x`: what was written in between is an
    expression of its own.
    """
    while isinstance(e, (s.Local, s.Unwrap, s.Declared)):
        e = e.value if isinstance(e, s.Local) else e.of
    if isinstance(e, tuple):
        return tuple(map(plain, e))
    if not isinstance(e, (s.Expr, s.Generator)):
        return e
    return replace(e, **{f.name: plain(getattr(e, f.name)) for f in fields(e)})


def present_where(e: s.Expr, holds: bool) -> tuple[s.Expr, ...]:
    """The expressions that are not None where the condition holds, or where it does not."""
    match e:
        case s.Local(value=value):
            return present_where(value, holds)
        case s.Not(arg=arg):
            return present_where(arg, not holds)
        case s.Boolean(op=op, args=args):
            each = [present_where(arg, holds) for arg in args]
            if (op == "and") is holds:
                return tuple(x for found in each for x in found)
            return tuple(x for x in each[0] if all(x in found for found in each))
        case s.Conditional(test=test, then=then, orelse=orelse):
            yes = present_where(test, True) + present_where(then, holds)
            no = present_where(test, False) + present_where(orelse, holds)
            return tuple(x for x in yes if x in no)
        case s.Compare(first=left, rest=rest) if holds or len(rest) == 1:
            found: list[s.Expr] = []
            for op, right in rest:
                for x, other in ((left, right), (right, left)):
                    if isinstance(widened(x).type, OptionType) and _differs(op, other, holds):
                        found.append(plain(x))
                left = right
            return tuple(found)
    return ()


def _differs(op: str, other: s.Expr, holds: bool) -> bool:
    """Whether the comparison rules out None: by `!= None`, or by equality with a T."""
    if op == ("!=" if holds else "=="):
        return is_none(other)
    known = not isinstance(other.type, OptionType) and not is_none(other)
    return known and op == ("==" if holds else "!=")
