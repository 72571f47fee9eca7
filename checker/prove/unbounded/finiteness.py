"""Finite sets have maxima: true of every instance, and no consequence of anything first-order.

`any(... and all(n.vb <= m.vb for n in votes) for m in votes)` asks for a largest vote. That
there is one if there is any vote holds because finitely many messages were sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quorate.model.language.declare.types import (
    EnumType,
    OptionType,
    QuorumType,
    SortType,
)
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import free, substituted, walk

from .binding import exists, literals
from .logic import Exists, Formula, every, implies, single, some, triggered
from .translate import FirstOrderTranslator
from .values import is_flagged


def maxima(at: FirstOrderTranslator, action: c.Action) -> list[Formula]:
    """For each largest element that an action asks for: that there is one."""
    roots: list[Any] = [g.condition for g in action.guards]
    for e in action.effects:
        roots += [e.when, e.value if isinstance(e, c.Write) else e.message]
    found = {q: None for r in roots for q in walk(r) if isinstance(q, c.Quant) and q.forall}
    return [a for q in found for a in _axiom(at, q)]


def _axiom(at: FirstOrderTranslator, q: c.Quant) -> Iterator[Formula]:
    """`all(n.vb <= m.vb for n in votes)`: if there are votes, some vote `m` is like this."""
    if len(q.binders) != 1:
        return
    n = q.binders[0].var
    conditions = literals(q.body, False)
    bounds = [(e, p) for e, p in conditions if isinstance(e, c.LessEq) and not p]
    rest = [(e, p) for e, p in conditions if (e, p) not in bounds]
    if len(bounds) != 1 or not isinstance(bounds[0][0], c.LessEq):
        return
    below = bounds[0][0]
    outer = [v for v in walk(below.right) if isinstance(v, c.Var) and v.type == n.type]
    if not outer or n.name in free(below.right):
        return
    m = outer[0]
    as_m = {n.name: m}
    if any(m.name in free(e) for e, _ in rest) or substituted(below.left, as_m) != below.right:
        return
    env: dict[str, Any] = {}
    variables = []
    mentioned = {v.name: v for e, _ in conditions for v in walk(e) if isinstance(v, c.Var)}
    domain = q.binders[0].domain
    mentioned |= {v.name: v for v in walk(domain) if isinstance(v, c.Var)}
    names = {name for e, _ in conditions for name in free(e)} | set(free(domain))
    for name in sorted(names - {n.name, m.name}):
        t = mentioned[name].type
        if not _has_sort(t):
            return
        x = at.signature.fresh(name, at.signature.sort(t))
        variables.append(x)
        env[name] = single(x)
    largest = c.Binder(var=m, domain=substituted(domain, as_m))
    some_of_them = exists(at, q.binders, rest, env)
    like_this = [(substituted(e, as_m), p) for e, p in rest]
    a_largest = exists(at, [largest], [*like_this, (q, True)], env)
    if isinstance(a_largest, Exists):  # the same one, whichever element shows that there is one
        largest_of = some(a_largest.variables, implies(some_of_them, a_largest.body))
        yield triggered(every(variables, largest_of), strict=True)


def _has_sort(t: Any) -> bool:
    return isinstance(t, QuorumType | SortType | EnumType | OptionType) and not is_flagged(t)
