"""Assigning a whole map, or a row of one: `self.x = {k: e for k in K}`, `self.x[a] = f`.

It is read as a loop that writes every cell. All values are computed before the first is written,
as in CPython, so no round sees another: such a loop needs no check.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NoReturn

from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import MapType
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import fits

from .expressions import ExpressionReader
from .generators import fresh_uid
from .wording import code


def given_keys(target: ast.expr) -> list[ast.expr]:
    """The keys of `self.x[a, b]`; none of `self.x`."""
    if not isinstance(target, ast.Subscript):
        return []
    return target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]


def read_whole_map(
    reader: ExpressionReader,
    node: ast.stmt,
    variable: Variable,
    row: Sequence[ast.expr],
    value: ast.DictComp,
) -> s.Statement:
    """The loop that writes each cell of a map, or of the row with these first keys."""
    assert isinstance(variable.type, MapType)
    t, rest = variable.type, variable.type.keys[len(row) :]
    first = [reader.value(key, kt) for key, kt in zip(row, t.keys, strict=False)]
    generators, inner = reader.generators(value.generators)
    keys = value.key.elts if isinstance(value.key, ast.Tuple) else [value.key]
    whole = (
        len(keys) == len(generators) == len(rest)
        and isinstance(value.key, ast.Tuple) == (len(rest) > 1)
        and not any(g.conditions for g in generators)
        and all(isinstance(g.iterable, s.SortRange) for g in generators)
        and [g.iterable.type for g in generators] == [*rest]
        and [inner.read(key) for key in keys] == [g.name for g in generators]
    )
    if not whole:
        _not_whole(reader, variable, len(row), value)
    found: s.Statement = s.Assign(
        variable=variable,
        keys=(*first, *(g.name for g in generators)),
        value=inner.value(value.value, t.value),
        span=reader.span(node),
    )
    for generator in reversed(generators):
        found = s.For(generator=generator, body=(found,), span=found.span)
    return found


def read_copy(
    reader: ExpressionReader,
    node: ast.stmt,
    variable: Variable,
    row: Sequence[ast.expr],
    value: ast.expr,
) -> s.Statement | None:
    """`self.x = f` of a map f: the loop that copies each cell; None if the value is no map."""
    assert isinstance(variable.type, MapType)
    t, key = variable.type, variable.type.keys[-1]
    found = reader.read(value, MapType((key,), t.value))
    if not isinstance(found.type, MapType) or not fits(found.type, MapType((key,), t.value)):
        return None
    span = reader.span(node)
    name = s.Name(name="k", uid=fresh_uid(), type=key, span=span)
    cell = s.Subscript(of=found, index=name, type=found.type.value, span=found.span)
    first = [reader.value(x, kt) for x, kt in zip(row, t.keys, strict=False)]
    copied = s.Assign(variable=variable, keys=(*first, name), value=cell, span=span)
    every = s.Generator(name=name, iterable=s.SortRange(type=key, span=span), conditions=())
    return s.For(generator=every, body=(copied,), span=span)


def _not_whole(
    reader: ExpressionReader, variable: Variable, row: int, value: ast.DictComp
) -> NoReturn:
    assert isinstance(variable.type, MapType)
    rest = variable.type.keys[row:]
    names = [f"x{i}" for i in range(len(rest))] if rest[1:] else ["x"]
    loops = " ".join(f"for {n} in {k}" for n, k in zip(names, rest, strict=True))
    key = f"({', '.join(names)})" if rest[1:] else names[0]
    reader.fail(
        "bad-map",
        f"`self.{variable.name}` has one cell for every {' and '.join(map(str, rest))}"
        + (" in each row" if row else ""),
        value,
        "one entry each, in the order of the keys",
        f"write `{{{key}: {_plain(value)} {loops}}}`",
    )


def _plain(value: ast.DictComp) -> str:
    """The value, if it mentions none of the comprehension's own names."""
    names = {g.target.id for g in value.generators if isinstance(g.target, ast.Name)}
    used = {n.id for n in ast.walk(value.value) if isinstance(n, ast.Name)}
    return "..." if names & used else code(value.value)
