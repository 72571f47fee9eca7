"""`sum`, `min` and `max` of many: of a comprehension, a set, a sequence, or the values of a map.

A sum of naturals is a count: of the pairs of an element x and a number below its value. Where
values may be negative, two sums are taken, of what is above 0 and of what is below.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Self

from quorate.model.language.declare.types import MapType, OptionType, SeqType, Type
from quorate.model.language.diagnostics import article
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import (
    INTEGER,
    NUMBER,
    is_number,
    is_numeric,
    join,
    number_type,
)

from .generators import Generators, fresh_uid
from .orders import ordered_parts
from .wording import code, listed

Generated = tuple[tuple[s.Generator, ...], s.Expr]


class Aggregates(Generators):
    """Reads `sum(...)`, `min(...)` and `max(...)` of many, and `.values()` of a map."""

    # ------------------------------------------------------------ what they go over

    def _each(self, node: ast.expr, expected: Type | None) -> tuple[Generated, Self, ast.expr]:
        """The generators of an argument, its element, a reader that knows their names."""
        if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
            generators, inner = self.generators(node.generators)
            return (generators, inner.read(node.elt, expected)), inner, node.elt
        if isinstance(node, ast.Attribute) and (t := self._map_type(node)) is not None:
            self.fail(
                "whole-map",
                "the values of a map are what is added up or compared",
                node,
                f"this is the whole {t}",
                f"write `{code(node)}.values()`",
            )
        inner = replace(self, env=dict(self.env), written=self.written)
        name, over = inner.bind(ast.copy_location(ast.Name(id="x"), node), node)
        while isinstance(over, s.Local):
            over = over.value
        if isinstance(over, s.Comprehension) and over.kind == "list":
            return (over.generators, over.element), inner, node
        return ((s.Generator(name=name, iterable=over, conditions=()),), name), inner, node

    # ------------------------------------------------------------ sums

    def _sum(self, node: ast.Call, expected: Type | None) -> s.Expr:
        if len(node.args) != 1 or node.keywords:
            self.fail(
                "of-many",
                "`sum` takes one comprehension, set or sequence, or the values of a map",
                node,
                f"{len(node.args) + len(node.keywords)} given",
                f"write `sum({code(node.args[0])}) + {code(node.args[1])}`"
                if len(node.args) == 2
                else "write `sum(... for x in Sort)`",
            )
        wanted = expected if expected is not None and is_number(expected) else None
        (generators, element), inner, place = self._each(node.args[0], wanted)
        inner.check_present(place, element, NUMBER)
        if not is_numeric(element):
            each = f"1 if {code(place)} else 0" if element.type == s.BOOL else "1"
            self.fail(
                "of-many",
                f"cannot compute with {element.type}",
                place,
                "`sum` adds numbers",
                f"to count, write `{each}`",
            )
        generators, element = _by_position(generators, element)
        if number_type(element.type, wanted) == NUMBER:
            return self._counted(node, generators, element)
        zero = self._number(node, 0)
        negative = self._signed(node, "-", zero, element)
        above, below = (
            self._counted(node, generators, self._signed(node, "max", x, zero))
            for x in (element, negative)
        )
        return self._signed(node, "-", above, below)

    def _counted(
        self, node: ast.AST, generators: tuple[s.Generator, ...], element: s.Expr
    ) -> s.Expr:
        """`len([n for ... for n in range(element)])`."""
        span = self.span(node)
        below = s.NumberRange(
            lower=self._number(node, 0), upper=element, type=s.ListType(NUMBER), span=span
        )
        n = s.Name(name="n", uid=fresh_uid(), type=NUMBER, span=span)
        pairs = (*generators, s.Generator(name=n, iterable=below, conditions=()))
        found = s.Comprehension(
            kind="list", element=n, generators=pairs, type=s.ListType(NUMBER), span=span
        )
        return s.Length(of=found, type=NUMBER, span=span)

    def _number(self, node: ast.AST, value: int) -> s.Expr:
        return s.Constant(value=value, type=NUMBER, span=self.span(node))

    def _signed(self, node: ast.AST, op: str, left: s.Expr, right: s.Expr) -> s.Expr:
        return s.Arithmetic(op=op, left=left, right=right, type=INTEGER, span=self.span(node))

    # ------------------------------------------------------------ the least and the greatest

    def _of_many(self, node: ast.Call, op: str, expected: Type | None) -> s.Expr:
        given = {k.arg: k.value for k in node.keywords}
        if len(node.args) != 1 or not given.keys() <= {"key", "default"}:
            self.fail(
                "of-many",
                f"`{op}` takes two values, or one comprehension with `key=` and `default=`",
                node,
                f"{len(node.args)} given",
                f"write `{op}({code(node.args[0])}, {op}({listed(node.args[1:])}))`"
                if len(node.args) > 2 and not given
                else f"write `{op}(... for x in Sort)`",
            )
        wanted = expected.inner if isinstance(expected, OptionType) else expected
        (generators, element), inner, place = self._each(node.args[0], wanted)
        if "key" in given:  # a lambda stands outside: it knows no name of the comprehension
            inner = replace(inner, env=dict(self.env), written=self.written)
        keys = inner._keys(given.get("key", place), element, "key" in given, op)
        t, default = element.type, None
        if "default" in given:
            default = self.read(given["default"], element.type)
            t = self._joined(given["default"], element.type, default.type)
        return s.Extreme(
            op=op,
            element=element,
            keys=keys,
            generators=generators,
            default=default,
            type=t,
            span=self.span(node),
        )

    def _joined(self, node: ast.expr, t: Type, default: Type) -> Type:
        found = join(t, default)
        if found is None:
            self.fail(
                "of-many",
                f"expected {t}, found {default}",
                node,
                f"this is {article(default)}",
                "write `None`, or a value like the elements",
            )
        return found

    def _keys(self, node: ast.expr, element: s.Expr, given: bool, op: str) -> tuple[s.Expr, ...]:
        """What elements are compared by: numbers and elements of orders, the first decides."""
        parts = [(node, element)]
        if given:
            if not isinstance(node, ast.Lambda) or len(node.args.args) != 1:
                self.fail(
                    "of-many",
                    f"`key=` of `{op}` is a lambda of one element",
                    node,
                    "what are the elements compared by?",
                    f"write `lambda x: {code(node)}[x]`"
                    if isinstance(node, ast.Attribute)
                    else "write `lambda x: x.field`",
                )
            name = node.args.args[0].arg
            self.check_name(name, node)
            reader = replace(self, env={**self.env, name: element}, written=self.written)
            bodies = node.body.elts if isinstance(node.body, ast.Tuple) else [node.body]
            parts = [(body, reader.read(body)) for body in bodies]
        return tuple(key for place, e in parts for key in self._parts(place, e, op))

    def _parts(self, node: ast.expr, e: s.Expr, op: str) -> tuple[s.Expr, ...]:
        if isinstance(e.type, OptionType):
            self.check_present(node, e, e.type.inner)
        found = ordered_parts(e)
        if found is None:
            self.fail(
                "of-many",
                f"{e.type} is not ordered",
                node,
                f"`{op}` needs an order",
                "say by `key=` what is compared, such as `key=lambda x: x.field`",
            )
        return found

    # ------------------------------------------------------------ the values of a map

    def _map_type(self, node: ast.expr) -> MapType | None:
        """The type of a map variable or of another map; None for anything else."""
        if isinstance(node, ast.Attribute) and code(node.value) in ("self", self.old):
            known = self.variables.get(node.attr)
            return known.type if known and isinstance(known.type, MapType) else None
        t = None if isinstance(node, ast.Call) else self.read(node).type
        return t if isinstance(t, MapType) else None

    def _values(self, node: ast.Call, of: ast.expr, t: MapType) -> s.Expr:
        """`m.values()` as `[m[k] for k in K]`."""
        inner = replace(self, env=dict(self.env), written=self.written)
        generators, keys = [], []
        for i, kind in enumerate(t.keys):
            span = self.span(node)
            name = s.Name(name="k" + str(i) * (len(t.keys) > 1), uid=fresh_uid(), type=kind)
            inner.env[f" {i}"] = name
            keys.append(ast.copy_location(ast.Name(id=f" {i}", ctx=ast.Load()), node))
            over = s.SortRange(type=kind, span=span)
            generators.append(s.Generator(name=name, iterable=over, conditions=()))
        several = ast.copy_location(ast.Tuple(elts=list(keys), ctx=ast.Load()), node)
        cell = ast.Subscript(value=of, slice=several if len(keys) > 1 else keys[0], ctx=ast.Load())
        element = inner.read(ast.copy_location(cell, node))
        return s.Comprehension(
            kind="list",
            element=element,
            generators=tuple(generators),
            type=s.ListType(element.type),
            span=self.span(node),
        )


def _by_position(generators: tuple[s.Generator, ...], element: s.Expr) -> Generated:
    """The items of a sequence by their positions: equal ones are told apart."""
    (*others, last) = generators
    if element != last.name or not isinstance(last.iterable.type, SeqType):
        return generators, element
    of, span = last.iterable, element.span
    at = replace(last.name, type=NUMBER)
    zero = s.Constant(value=0, type=NUMBER, span=span)
    length = s.Length(of=of, type=NUMBER, span=span)
    over = s.NumberRange(lower=zero, upper=length, type=s.ListType(NUMBER), span=span)
    item = s.Subscript(of=of, index=at, type=element.type, span=span)
    return (*others, s.Generator(name=at, iterable=over, conditions=())), item
