"""Building and changing the core expressions of candidate lemmas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from quorate.model.language.declare.sorts import Ordered
from quorate.model.language.declare.types import OptionType, SortType, Type
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import disjunction
from quorate.model.language.ir.traverse import free, transformed


def base(t: Type) -> Type:
    """T of `T | None`."""
    return t.inner if isinstance(t, OptionType) else t


def ordered(t: Type) -> bool:
    """Whether it is a sort with an order."""
    return isinstance(t, SortType) and issubclass(t.sort, Ordered)


def every(binders: Iterable[c.Binder], parts: Sequence[c.Expr]) -> c.Quant:
    """For all values of the binders that occur: one of the parts."""
    body = disjunction(parts)
    used = free(body)
    bound = tuple(b for b in binders if b.var.name in used)
    return c.Quant(forall=True, binders=bound, body=body, type=c.BOOL)


def replaced(node: Any, put: Mapping[c.Read, c.Expr]) -> Any:
    """A node with expressions put in for reads of cells."""
    return transformed(node, lambda part: put.get(part) if isinstance(part, c.Read) else None)
