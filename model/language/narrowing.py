"""What a condition says of values that may be None: which of them are there where it holds.

As type checkers do: inside `if x is not None:`, after `require(x is not None)`, and wherever else
a test of `x` has decided, the same expression `x` stands for a value of T, not of `T | None`.
"""

from __future__ import annotations

from . import surface as s
from .relations import is_none
from .types import OptionType


def narrowed(e: s.Expr, present: tuple[s.Expr, ...]) -> s.Expr:
    """The expression, or its value where it is one of those known to be present."""
    if isinstance(e.type, OptionType) and e in present:
        return s.Unwrap(of=e, type=e.type.inner, span=e.span)
    return e


def widened(e: s.Expr) -> s.Expr:
    """The expression as it is without what is known of it."""
    return e.of if isinstance(e, s.Unwrap) else e


def present_where(e: s.Expr, holds: bool) -> tuple[s.Expr, ...]:
    """The expressions that are not None where the condition holds, or where it does not."""
    match e:
        case s.Not(arg=arg):
            return present_where(arg, not holds)
        case s.Boolean(op=op, args=args) if (op == "and") is holds:
            return tuple(x for arg in args for x in present_where(arg, holds))
        case s.Compare(first=left, rest=rest) if holds or len(rest) == 1:
            found: list[s.Expr] = []
            for op, right in rest:
                if op == ("!=" if holds else "=="):
                    pairs = ((left, right), (right, left))
                    found += [x for x, other in pairs if is_none(other) and not is_none(x)]
                left = right
            return tuple(found)
    return ()
