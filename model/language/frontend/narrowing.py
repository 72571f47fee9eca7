"""Narrowing: which values cannot be None, or are of one type of a union, where a condition holds.

As in type checkers: inside `if x is not None:`, after `require(x is not None)`, and wherever else a
test shows it, the same expression `x` is a value of T, not of `T | None`. So is a value of `A | B`
one of A where `isinstance(x, A)` holds, and of B where it does not.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from quorate.model.language.declare.types import OptionType, Type
from quorate.model.language.declare.unions import UnionType
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import is_none

# Expressions that are known not to be None are kept in the form that `plain` gives. What types a
# value of a union may have is kept as a test, `Is`, of which `of` has that form.


def narrowed(e: s.Expr, present: tuple[s.Expr, ...]) -> s.Expr:
    """The expression, unwrapped if it is known not to be None, or of which type it is."""
    if isinstance(e.type, OptionType) and _present(e, present):
        e = s.Unwrap(of=e, type=e.type.inner, span=e.span)
    if isinstance(e.type, UnionType) and len(kinds := _kinds(e, e.type, present)) == 1:
        return s.As(of=e, type=kinds[0], span=e.span)
    return e


def _present(e: s.Expr, present: tuple[s.Expr, ...]) -> bool:
    if isinstance(e, s.Declared) and not isinstance(e.of.type, OptionType) and not is_none(e.of):
        return True  # it was just written
    return bool(present) and plain(e) in present


def _kinds(e: s.Expr, union: UnionType, present: tuple[s.Expr, ...]) -> list[Type]:
    """The types of a union that a value may have."""
    value = plain(e)
    if isinstance(value, s.OneOf):
        return [value.of.type]
    known = [x.kinds for x in present if isinstance(x, s.Is) and x.of == value]
    return [t for t in union.alternatives if all(t in kinds for kinds in known)]


def union_in(t: Type | None) -> UnionType | None:
    """The union that a type is, or that it is or None."""
    inner = t.inner if isinstance(t, OptionType) else t
    return inner if isinstance(inner, UnionType) else None


def as_one_of(e: s.Expr, t: Type | None) -> s.Expr:
    """A value as one of the union, if t is one and the value is of one of its types."""
    union = union_in(t)
    if union is None or e.type not in union.alternatives:
        return e
    if isinstance(e, s.As) and e.of.type == union:
        return e.of
    return s.OneOf(of=e, type=union, span=e.span)


def widened(e: s.Expr) -> s.Expr:
    """The expression without its narrowing."""
    while isinstance(e, (s.Unwrap, s.As)):
        e = e.of
    return e


def plain(e: Any) -> Any:
    """An expression with local names replaced by their values, and without narrowing.

    So `y` and `self.x` are the same after `y = self.x`: what was written in between is an
    expression of its own.
    """
    while isinstance(e, (s.Local, s.Unwrap, s.As, s.Declared)):
        e = e.value if isinstance(e, s.Local) else e.of
    if isinstance(e, tuple):
        return tuple(map(plain, e))
    if not isinstance(e, (s.Expr, s.Generator)):
        return e
    return replace(e, **{f.name: plain(getattr(e, f.name)) for f in fields(e)})


def present_where(e: s.Expr, holds: bool) -> tuple[s.Expr, ...]:
    """The expressions that are not None where the condition holds, or where it does not.

    Of a value of a union, the types that it may have there.
    """
    match e:
        case s.Is(of=of, kinds=kinds):
            t = of.type.inner if isinstance(of.type, OptionType) else of.type
            assert isinstance(t, UnionType)
            possible = kinds if holds else tuple(x for x in t.alternatives if x not in kinds)
            fact = replace(e, of=plain(of), kinds=possible)
            return (plain(of), fact) if holds else (fact,)
        case s.Local(value=value):
            return present_where(value, holds)
        case s.Not(arg=arg):
            return present_where(arg, not holds)
        case s.Boolean(op=op, args=args):
            each = [present_where(arg, holds) for arg in args]
            if (op == "and") is holds:
                return tuple(x for found in each for x in found)
            return tuple(filter(None, (_in_all(x, each) for x in each[0])))
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


def _in_all(x: s.Expr, each: list[tuple[s.Expr, ...]]) -> s.Expr | None:
    """What is known in every case: this, or that a value is of any of the types of these cases."""
    if not isinstance(x, s.Is):
        return x if all(x in found for found in each) else None
    found = [[y.kinds for y in case if isinstance(y, s.Is) and y.of == x.of] for case in each]
    return replace(x, kinds=tuple(t for case in found for t in case[0])) if all(found) else None


def _differs(op: str, other: s.Expr, holds: bool) -> bool:
    """Whether the comparison rules out None: by `!= None`, or by equality with a T."""
    if op == ("!=" if holds else "=="):
        return is_none(other)
    known = not isinstance(other.type, OptionType) and not is_none(other)
    return known and op == ("==" if holds else "!=")
