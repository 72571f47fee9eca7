"""The one-point rule: a quantifier over messages needs those alone that its equations allow."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from quorate.model.language.declare.types import EnumType, OptionType, SortType
from quorate.model.language.ir import core as c
from quorate.model.language.ir.relations import INTEGER
from quorate.model.language.ir.traverse import walk

from .free_paths import free_paths
from .proper import shift


def equalities_of(e: c.Quant) -> dict[str, list[tuple[str, c.Expr]]]:
    """For each message variable: `m.field == expression` that its messages must satisfy.

    Only expressions over names bound before m count. The one-point rule: others are not looked at.
    """
    conjuncts: list[c.Expr] = []
    if e.forall:
        for part in e.body.args if isinstance(e.body, c.Or) else (e.body,):
            if isinstance(part, c.Not):
                conjuncts += part.arg.args if isinstance(part.arg, c.And) else [part.arg]
            elif _partial(part):
                break
    else:
        conjuncts += e.body.args if isinstance(e.body, c.And) else [e.body]
    # A message that is not looked at is not one for which an earlier conjunct is undefined.
    conjuncts = list(itertools.takewhile(lambda x: not _partial(x), conjuncts))
    found: dict[str, list[tuple[str, c.Expr]]] = {}
    later = {b.var.name for b in e.binders}
    for b in e.binders:
        if isinstance(b.domain, c.OverSent):
            for conjunct in conjuncts:
                found.setdefault(b.var.name, []).extend(_pins(conjunct, b.var.name, later))
        later.discard(b.var.name)
    return found


def _pins(conjunct: c.Expr, name: str, unbound: set[str]) -> Iterator[tuple[str, c.Expr]]:
    if not isinstance(conjunct, c.Eq):
        return
    for one, other in ((conjunct.left, conjunct.right), (conjunct.right, conjunct.left)):
        match one:
            case c.Field(of=c.Var(name=n), name=field) if n == name:
                if not {p[0] for p in free_paths(other)} & unbound and not _partial(other):
                    yield field, other


def _partial(e: c.Expr) -> bool:
    """Whether an expression may be undefined."""
    return any(map(_may_fail, walk(e)))


def _may_fail(e: Any) -> bool:
    match e:
        case c.Arith(op="-" | "//" | "%") | c.MakeSet() | c.SetComp():
            return True
        case c.At() | c.Unwrap() | c.Extreme():
            return True
        case c.Convert(type=t):
            return t != INTEGER
        case c.Read(keys=keys):
            return any(shift(k.type) or not isinstance(k.type, (SortType, EnumType)) for k in keys)
        case c.Field(of=of):
            return isinstance(of.type, OptionType)
    return False
