"""Candidate lemmas by shape alone: functional dependencies, and orders between cells."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from quorate.checker.ground.proper import always_proper
from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    MapType,
    MessagesType,
    OptionType,
    RecordType,
    SortType,
)
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import equal, less, negation, over
from quorate.model.language.ir.traverse import free, walk

from .expressions import every, ordered
from .sendings import field_of


def shapes(description: c.Description, goals: Sequence[c.Expr]) -> Iterator[c.Expr]:
    """All candidate lemmas by shape."""
    for goal in goals:
        yield from _alternatives(goal)
    yield from _determined(description)
    yield from _in_order(description)
    yield from never_first(description, everywhere=True)


def never_first(description: c.Description, everywhere: bool = False) -> Iterator[c.Quant]:
    """Fields of messages that are never the first of their order, whoever sends them; or all."""
    known = always_proper(description)
    for v in description.variables:
        for record in v.type.messages if isinstance(v.type, MessagesType) else ():
            for name, t in record.field_types().items():
                if not (isinstance(t, SortType) and t.bottom is not None):
                    continue
                if everywhere or (record, name) in known:
                    m = c.Var(name="m.sent", type=RecordType(record))
                    first = c.Lit(value=t.sort(-1), type=t)
                    domain = c.OverSent(variable=v.name, record=record)
                    says = negation(equal(field_of(m, name), first))
                    yield every([c.Binder(var=m, domain=domain)], [says])


def _alternatives(goal: c.Expr) -> Iterator[c.Expr]:
    """Of `A or B` in a goal: if A then B."""
    for node in walk(goal):
        if isinstance(node, c.Or) and len(node.args) == 2:
            variables = free(node).values()
            if all(isinstance(v.type, SortType) for v in variables):
                for a, b in itertools.permutations(node.args):
                    yield every(map(over, variables), [negation(a), b])


def _determined(description: c.Description) -> Iterator[c.Expr]:
    """Messages that agree on some fields agree on another."""
    for v in description.variables:
        for record in v.type.messages if isinstance(v.type, MessagesType) else ():
            m, n = (c.Var(name=f"{x}.sent", type=RecordType(record)) for x in "mn")
            domain = c.OverSent(variable=v.name, record=record)
            binders = [c.Binder(var=x, domain=domain) for x in (m, n)]
            names = [f for f, t in record.field_types().items() if not isinstance(t, MapType)]
            for size in range(1, len(names)):
                for given in itertools.combinations(names, size):
                    apart = [negation(equal(field_of(m, f), field_of(n, f))) for f in given]
                    for f in (f for f in names if f not in given):
                        yield every(binders, [*apart, equal(field_of(m, f), field_of(n, f))])


def _in_order(description: c.Description) -> Iterator[c.Expr]:
    """Cells of one process: which are as at first if others are, and which are not below others."""
    cells = [x for v in description.variables if (x := _cell(v.name, v.type)) is not None]
    first = {
        x: equal(x, c.Lit(value=description.variable(x.variable).initial, type=x.type))
        for x in cells
    }
    for x, y in itertools.permutations(cells, 2):
        keys = {k.name: k for e in (x, y) for k in e.keys if isinstance(k, c.Var)}
        if len(keys) > max(len(x.keys), len(y.keys)):
            continue
        binders = list(map(over, keys.values()))
        yield every(binders, [negation(first[x]), first[y]])
        if x.type == y.type and ordered(x.type):
            yield every(binders, [c.LessEq(left=x, right=y, type=c.BOOL)])
            yield every(binders, [first[x], less(x, y)])
            yield every(binders, [first[x], equal(x, y)])
            yield every(binders, [first[x], first[y]])


def _cell(name: str, t: object) -> c.Read | None:
    """The variable at keys named by their sorts, if its initial value is told from others."""
    keys, value = (t.keys, t.value) if isinstance(t, MapType) else ((), t)
    told = isinstance(value, (OptionType, EnumType, BoolType)) or ordered(value)  # type: ignore[arg-type]
    if not told or len(set(keys)) < len(keys):
        return None
    row = tuple(c.Var(name=f"each.{k}", type=k) for k in keys)
    return c.Read(variable=name, keys=row, type=value)  # type: ignore[arg-type]
