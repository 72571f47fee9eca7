"""Statements inside loops and branches, with the path that leads to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import EnumType, IntType, NatType, SortType, Type
from quorate.model.language.ir import surface as s

Body = Sequence[s.Statement]


@dataclass(frozen=True)
class Route:
    """A statement inside loops, with the loops that lead to it and what holds in each."""

    statement: s.Statement
    generators: tuple[s.Generator, ...]


def routes(body: Body, generators: tuple[s.Generator, ...] = ()) -> list[Route]:
    found: list[Route] = []
    for x in body:
        match x:
            case s.If(test=test, then=then, orelse=orelse):
                no = s.Not(arg=test, type=s.BOOL, span=test.span)
                found += routes(then, _under(generators, test))
                found += routes(orelse, _under(generators, no))
            case s.For(generator=g, body=inner):
                found += routes(inner, (*generators, g))
            case _:
                found.append(Route(x, generators))
    return found


def _under(generators: tuple[s.Generator, ...], test: s.Expr) -> tuple[s.Generator, ...]:
    if not generators:
        return ()  # a test around all loops, which whoever asks has seen to
    *outer, last = generators
    return (*outer, replace(last, conditions=(*last.conditions, test)))


def sends(v: Variable, route: Route) -> bool:
    x = route.statement
    return isinstance(x, s.Send) and x.variable.name == v.name


def assignments(v: Variable, body: Body) -> list[s.Assign]:
    found = [r.statement for r in routes(body)]
    return [x for x in found if isinstance(x, s.Assign) and x.variable.name == v.name]


def loop_name(v: Variable, i: int, body: Body) -> str | None:
    """What the loops over the i-th key of a map call it."""
    names = {g.name for r in routes(body) for g in r.generators}
    for w in assignments(v, body):
        key = w.keys[i] if w.keys else None
        if isinstance(key, s.Name) and key in names:
            return key.name
    return None


def short_name(key: Type) -> str:
    """What an element of the key of a map may be called."""
    match key:
        case SortType(sort):
            return sort.short
        case NatType(sort) if sort is not None:
            return sort.__name__[0].lower()
        case IntType(sort) if sort is not None:
            return sort.__name__[0].lower()
        case EnumType(kind):
            return kind.__name__[0].lower()
    return "k"
