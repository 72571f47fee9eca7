"""Building and changing core expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from quorate.model.language import core as c
from quorate.model.language.sorts import Ordered
from quorate.model.language.types import OptionType, SortType, Type


def base(t: Type) -> Type:
    """T of `T | None`."""
    return t.inner if isinstance(t, OptionType) else t


def alike(x: c.Expr, y: c.Expr) -> tuple[c.Expr, c.Expr]:
    """Two values of T or `T | None` as values of one type."""
    if isinstance(x.type, OptionType) and not isinstance(y.type, OptionType):
        return x, c.Some(of=y, type=x.type)
    if isinstance(y.type, OptionType) and not isinstance(x.type, OptionType):
        return c.Some(of=x, type=y.type), y
    return x, y


def some(binders: tuple[c.Binder, ...], parts: Sequence[c.Expr]) -> c.Expr:
    """For some values of the binders: all parts."""
    body = parts[0] if len(parts) == 1 else c.And(args=tuple(parts), type=c.BOOL)
    return c.Quant(forall=False, binders=binders, body=body, type=c.BOOL)


def negated(e: c.Expr) -> c.Expr:
    return e.arg if isinstance(e, c.Not) else c.Not(arg=e, type=c.BOOL)


def free(e: Any) -> dict[str, c.Var]:
    """The variables that occur free, by name."""
    if isinstance(e, c.Var):
        return {e.name: e}
    found: dict[str, c.Var] = {}
    bound: set[str] = set()
    for part in c.children(e):
        if isinstance(part, c.Binder):
            inside = {**free(part.domain), **(free(part.when) if part.when else {})}
            found |= {n: v for n, v in inside.items() if n not in bound}
            bound.add(part.var.name)
        else:
            found |= {n: v for n, v in free(part).items() if n not in bound}
    if isinstance(e, c.MakeMap):
        found.pop(e.var.name, None)
    return found


def substituted(node: Any, put: Mapping[str, c.Expr]) -> Any:
    """A node with expressions put in for free variables (whose names nothing binds)."""
    if isinstance(node, c.Var):
        return put.get(node.name, node)
    return rebuilt(node, lambda part: substituted(part, put))


def changed(node: Any, put: Callable[[Any], Any]) -> Any:
    """A node with what `put` gives for parts of it, where that is not None."""
    new = put(node)
    return new if new is not None else rebuilt(node, lambda part: changed(part, put))


def rebuilt(node: Any, change: Callable[[Any], Any]) -> Any:
    """A node with each immediate part changed."""
    changes: dict[str, Any] = {}
    for item in fields(node):
        value = getattr(node, item.name)
        if isinstance(value, tuple):
            new: Any = tuple(change(v) if _is_node(v) else v for v in value)
        else:
            new = change(value) if _is_node(value) else value
        if new != value:
            changes[item.name] = new
    return replace(node, **changes) if changes else node


def _is_node(value: Any) -> bool:
    kinds = (c.Expr, c.Binder, c.OverType, c.OverSent, c.OverMembers, c.OverRange)
    return isinstance(value, kinds)


def less(x: c.Expr, y: c.Expr) -> c.Expr:
    """x < y."""
    return c.Less(left=x, right=y, type=c.BOOL)


def equal(x: c.Expr, y: c.Expr) -> c.Expr:
    """x == y, where one of them may be None."""
    if isinstance(y, c.Lit) and isinstance(y.value, bool):
        return x if y.value else negated(x)
    left, right = alike(x, y)
    return c.Eq(left=left, right=right, type=c.BOOL)


def ordered(t: Type) -> bool:
    """Whether it is a sort with an order."""
    return isinstance(t, SortType) and issubclass(t.sort, Ordered)


def over(v: c.Var) -> c.Binder:
    """This variable over its whole type."""
    return c.Binder(var=v, domain=c.OverType(type=v.type))


def every(binders: Iterable[c.Binder], parts: Sequence[c.Expr]) -> c.Quant:
    """For all values of the binders that occur: one of the parts."""
    body = parts[0] if len(parts) == 1 else c.Or(args=tuple(parts), type=c.BOOL)
    used = free(body)
    bound = tuple(b for b in binders if b.var.name in used)
    return c.Quant(forall=True, binders=bound, body=body, type=c.BOOL)


def replaced(node: Any, put: Mapping[c.Read, c.Expr]) -> Any:
    """A node with expressions put in for reads of cells."""
    return changed(node, lambda part: put.get(part) if isinstance(part, c.Read) else None)
