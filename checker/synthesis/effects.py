"""Effect facts: what one effect of an action made true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quorate.model.language.declare.types import OptionType, RecordType, SetType, SortType
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import TRUE, equal, negation, over
from quorate.model.language.ir.traverse import free, transformed

from .action_forms import inner
from .expressions import ordered
from .sendings import Sending, fields_of, over_sent, sendings


@dataclass(frozen=True)
class EffectFact:
    """What one effect of an action made true, for all values of the binders.

    `put` gives the parameters that the fact determines; `facts` are equations that hold besides.
    """

    shape: Any
    action: c.Action
    effect: c.Effect
    premise: c.Expr
    binders: tuple[c.Binder, ...]
    put: Mapping[str, c.Expr]
    facts: tuple[c.Expr, ...] = ()


def effect_facts(description: c.Description, action: c.Action) -> Iterator[EffectFact]:
    for s in sendings([action]):
        yield _sent(s)
        yield from _whose(_sent(s))
    for e in action.effects:
        if not isinstance(e, c.Write) or e.binders:
            continue
        keys = tuple(c.Var(name=f"{e.variable}.{i}", type=k.type) for i, k in enumerate(e.keys))
        cell = c.Read(variable=e.variable, keys=keys, type=e.value.type)
        row = list(zip(e.keys, keys, strict=True))
        if isinstance(cell.type, SetType):
            for item in added(e.value):
                if isinstance(item.type, SortType):
                    x = c.Var(name=f"{e.variable}.x", type=item.type)
                    inside = c.Member(item=x, of=cell, type=c.BOOL)
                    yield _fact(e.variable, action, e, inside, (*keys, x), [*row, (item, x)])
        elif (premise := _holds(description, e, cell)) is not None:
            shape = (e.variable, e.value.value if isinstance(e.value, c.Lit) else None)
            rows = row if isinstance(e.value, c.Lit) else [*row, (inner(e.value), cell)]
            yield _fact(shape, action, e, premise, keys, rows)


def _sent(s: Sending) -> EffectFact:
    m = c.Var(name="m.sent", type=RecordType(s.record))
    put: dict[str, c.Expr] = {}
    facts = []
    fields = fields_of(m)
    for f, arg in s.args.items():
        if isinstance(arg, c.Var) and arg.name not in put:
            put[arg.name] = fields[f]
        else:
            facts.append(equal(fields[f], arg))
    effect = next(e for e in s.action.effects if isinstance(e, c.Send))
    return EffectFact(s.record, s.action, effect, TRUE, tuple(over_sent(m, s)), put, tuple(facts))


def _whose(found: EffectFact) -> Iterator[EffectFact]:
    """A message with its sender, where a cell of the sender holds what the message says."""
    for fact in found.facts:
        here = put_in(fact, found.put)
        rest = {n: v for n, v in free(here).items() if n in undetermined(found)}
        if rest and all(isinstance(v.type, SortType) for v in rest.values()):
            yield replace(
                found,
                shape=(found.shape, *rest),
                premise=here,
                binders=(*found.binders, *map(over, rest.values())),
                put={**found.put, **rest},
            )


def undetermined(found: EffectFact) -> set[str]:
    """The parameters that the fact does not determine."""
    return {b.var.name for b in found.action.parameters} - set(found.put)


def _fact(
    shape: Any,
    action: c.Action,
    effect: c.Effect,
    premise: c.Expr,
    variables: Sequence[c.Var],
    rows: Sequence[tuple[c.Expr, c.Expr]],
) -> EffectFact:
    put: dict[str, c.Expr] = {}
    facts = []
    for expr, canonical in rows:
        if isinstance(expr, c.Var) and expr.name not in put:
            put[expr.name] = canonical
        else:
            facts.append(equal(canonical, expr))
    return EffectFact(
        shape, action, effect, premise, tuple(map(over, variables)), put, tuple(facts)
    )


def _holds(description: c.Description, e: c.Write, cell: c.Read) -> c.Expr | None:
    """That a cell holds what was written, or anything but its initial value."""
    first = description.variable(e.variable).initial
    if isinstance(e.value, c.Lit):
        if e.value.value == first:
            return None
        return equal(cell, e.value)
    if isinstance(cell.type, OptionType) or ordered(cell.type):
        return negation(equal(cell, c.Lit(value=first, type=cell.type)))
    return None


def added(value: c.Expr) -> Iterator[c.Expr]:
    match value:
        case c.MakeSet(items=items):
            yield from items
        case c.SetOp(op="|", left=left, right=right):
            yield from added(left)
            yield from added(right)


def put_in(e: c.Expr, put: Mapping[str, c.Expr]) -> c.Expr:
    """An expression with these for its variables; what may be None there is not None here."""

    def given(node: Any) -> Any:
        match node:
            case c.Some(of=c.Var(name=name)) if name in put:
                found = put[name]
                same = isinstance(found.type, OptionType)
                return found if same else c.Some(of=found, type=node.type)
            case c.Var(name=name, type=t) if name in put:
                found = put[name]
                if isinstance(found.type, OptionType) and not isinstance(t, OptionType):
                    return c.Unwrap(of=found, type=t)
                return found
        return None

    found: c.Expr = transformed(e, given)
    return found
