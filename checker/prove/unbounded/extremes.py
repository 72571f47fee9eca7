"""The least and the greatest of many in first-order logic: what holds of it holds of some element.

`max(x.n for x in S) < y` says: for some x in S that no other of S exceeds, `x.n < y`. That is the
same wherever there is one greatest value; that there is one is an obligation (`definedness.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeVar

from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import conjunction, disjunction, exists, negation
from quorate.model.language.ir.traverse import binders_of, children, substituted, transformed

E = TypeVar("E", c.Write, c.Send)
ATOMS = (c.Eq, c.Less, c.LessEq, c.Member, c.Sent)


def without_extremes(atom: c.Expr) -> c.Expr:
    """An atom that speaks of no least or greatest, but for those below quantifiers of its own."""
    found = next(_inside(atom), None)
    if isinstance(found, c.Ite):
        yes, no = _put(atom, found, found.then), _put(atom, found, found.orelse)
        return disjunction(
            [conjunction([found.test, yes]), conjunction([negation(found.test), no])]
        )
    if isinstance(found, c.Extreme):
        said = [found.condition, extreme(found), _put(atom, found, found.element)]
        return exists(found.binders, said)
    return atom


def for_extremes(effect: E) -> E:
    """An effect that speaks of no least or greatest: it happens for the element that is it.

    That there is one, and one alone, is an obligation of the step, as everywhere.
    """
    name = "value" if isinstance(effect, c.Write) else "message"
    value: c.Expr = getattr(effect, name)
    binders, tests = list(effect.binders), [effect.when]
    while (found := next(_evaluated(value, ()), None)) is not None:
        one, path = found
        here = conjunction([one.condition, extreme(one)])
        tests.append(disjunction([negation(conjunction(path)), here]))
        binders += one.binders
        value = _put(value, one, one.element)
    if len(tests) == 1:
        return effect
    changes: dict[str, Any] = {name: value, "binders": tuple(binders)}
    return replace(effect, when=conjunction(tests), **changes)


def _evaluated(
    e: c.Expr, path: tuple[c.Expr, ...]
) -> Iterator[tuple[c.Extreme, tuple[c.Expr, ...]]]:
    """The least and greatest outside of quantifiers, each with the tests that lead to it."""
    match e:
        case c.Extreme():
            yield e, path
        case c.Ite(test=test, then=then, orelse=orelse):
            yield from _evaluated(then, (*path, test))
            yield from _evaluated(orelse, (*path, negation(test)))
        case _ if not binders_of(e) and e.type != c.BOOL:
            for part in children(e):
                yield from _evaluated(part, path)


def _inside(e: c.Expr) -> Iterator[c.Expr]:
    """What is to be taken out first: a choice that has one in it, or one itself."""
    for part in children(e):
        if isinstance(part, c.Extreme) or (isinstance(part, c.Ite) and any(_inside(part))):
            yield part
        elif isinstance(part, c.Expr) and not binders_of(part):
            yield from _inside(part)


def _put(atom: c.Expr, old: c.Expr, new: c.Expr) -> c.Expr:
    found: c.Expr = transformed(atom, lambda e: new if e == old else None)
    return found


def extreme(e: c.Extreme) -> c.Expr:
    """That no other values of the binders have more extreme keys."""
    other = renamed(e)
    beyond = _before(e.keys, other.keys) if e.op == "max" else _before(other.keys, e.keys)
    return negation(exists(other.binders, [other.condition, beyond]))


def tie(e: c.Extreme) -> c.Expr:
    """That two different values have the extreme keys."""
    other = renamed(e)
    pairs = zip((*e.keys, e.element), (*other.keys, other.element), strict=True)
    *equal, same = [c.Eq(left=x, right=y, type=c.BOOL) for x, y in pairs]
    said = [e.condition, extreme(e), other.condition, *equal, negation(same)]
    return exists((*e.binders, *other.binders), said)


def renamed(e: c.Extreme) -> c.Extreme:
    """The same, with other names for what its binders bind."""
    new = {b.var.name: replace(b.var, name=f"{b.var.name}`") for b in e.binders}
    binders = tuple(
        replace(
            b,
            var=new[b.var.name],
            domain=substituted(b.domain, new),
            when=None if b.when is None else substituted(b.when, new),
        )
        for b in e.binders
    )
    return replace(
        e,
        binders=binders,
        condition=substituted(e.condition, new),
        element=substituted(e.element, new),
        keys=tuple(substituted(k, new) for k in e.keys),
    )


def _before(keys: tuple[c.Expr, ...], others: tuple[c.Expr, ...]) -> c.Expr:
    """That one row of keys is less than another: the first that differs decides."""
    found: list[c.Expr] = []
    same: list[c.Expr] = []
    for x, y in zip(keys, others, strict=True):
        found.append(conjunction([*same, c.Less(left=x, right=y, type=c.BOOL)]))
        same.append(c.Eq(left=x, right=y, type=c.BOOL))
    return disjunction(found)
