"""Which expressions are evaluated in every case, and which may be undefined."""

from __future__ import annotations

from collections.abc import Iterator

from quorate.model.language.declare.types import (
    EnumType,
    MapType,
    NatType,
    OptionType,
    SortType,
    Type,
)

from . import core as c
from . import surface as s
from .relations import bottom_of
from .traverse import children, walk


def evaluated_first(statement: s.Statement) -> tuple[s.Expr, ...]:
    """The expressions that a statement evaluates in every case."""
    match statement:
        case (
            s.Require(condition=e)
            | s.If(test=e)
            | s.Send(message=e)
            | s.Receive(message=e)
            | s.Crash(process=e)
        ):
            return (e,)
        case s.Drop(ends=ends, kept=kept):
            return ends if kept is None else (*ends, kept)
        case s.Assign(variable=v, keys=keys, value=value):
            # Writing under a key that does not exist is undefined, as reading is.
            t = v.type.value if isinstance(v.type, MapType) else v.type
            return (*keys, value, s.StateRead(variable=v, keys=keys, type=t))
    return ()


def always_evaluated(e: c.Expr) -> Iterator[c.Expr]:
    """The subexpressions that are evaluated whenever `e` is, itself included."""
    yield e
    match e:
        case c.And(args=args) | c.Or(args=args):
            yield from always_evaluated(args[0])
        case c.Ite(test=test):
            yield from always_evaluated(test)
        case c.Quant() | c.Count() | c.Extreme() | c.SetComp() | c.Filter() | c.MakeMap():
            return
        case _:
            for part in children(e):
                yield from always_evaluated(part)


def may_be_undefined(node: object) -> bool:
    """Whether a node can be undefined although its parts are defined.

    Such as an index past the end of a sequence, a key that does not exist, a field of None, or
    division by 0.
    """
    match node:
        case c.At() | c.Arith(op="//" | "%") | c.Extreme():
            return True
        case c.Read(keys=keys):
            return any(isinstance(k.type, NatType) or bottom_of(k.type) is not None for k in keys)
        case c.Field(of=of):
            return isinstance(of.type, OptionType)
    return False


def surely_defined(e: c.Expr) -> bool:
    """Whether an expression has a value in every state: leaving it out hides nothing."""
    return all(_harmless(n) for n in walk(e))


def _all_keys(t: Type) -> bool:
    return isinstance(t, EnumType) or (isinstance(t, SortType) and t.bottom is None)


def _harmless(node: object) -> bool:
    match node:
        case c.Field(of=of):
            return not isinstance(of.type, OptionType)
        case c.Read(keys=keys):
            return all(isinstance(k, c.Var) and _all_keys(k.type) for k in keys)
        case c.Arith(op=op):
            return op in "+*"
    plain = (c.Var, c.Lit, c.Some, c.MakeRecord, c.Is, c.Eq, c.Ite, c.Less, c.LessEq)
    return isinstance(node, plain)
