"""Asking of which type of a union a value is: `isinstance`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from quorate.model.language.declare.types import OptionType, Type
from quorate.model.language.declare.unions import UnionType, class_of
from quorate.model.language.diagnostics import article
from quorate.model.language.ir import surface as s

from .narrowing import union_in, widened
from .reader import BaseReader
from .wording import code


class Unions(BaseReader):
    """Reads `isinstance(x, A)`, `isinstance(x, (A, B))`."""

    def _isinstance(self, node: ast.Call) -> s.Expr:
        if len(node.args) != 2 or node.keywords:
            self.fail(
                "argument-count",
                "`isinstance` takes a value and the types that it may be of",
                node,
                f"{len(node.args) + len(node.keywords)} given",
                "write `isinstance(x, Sort)`",
            )
        of = widened(self.read(node.args[0]))
        union = union_in(of.type)
        if union is None:
            text = code(node.args[0])
            self.fail(
                "not-a-union",
                f"`isinstance` asks which type of a union a value is of; this is "
                f"{article(of.type)}",
                node,
                "never of another type" if not isinstance(of.type, OptionType) else "or None",
                f"write `{text} is not None`" if isinstance(of.type, OptionType) else "",
            )
        kinds = tuple(self._alternative(x, union) for x in _classes(node.args[1]))
        return s.Is(of=of, kinds=kinds, type=s.BOOL, span=self.span(node))

    def _alternative(self, node: ast.expr, union: UnionType) -> Type:
        cls = self.scope.get(node.id) if isinstance(node, ast.Name) else None
        for t in union.alternatives:
            if class_of(t) is cls:
                return t
        self.fail(
            "not-a-union",
            f"a value of {union} is never of another type",
            node,
            f"`{code(node)}` is none of these",
            f"ask for {' or '.join(f'`{t}`' for t in union.alternatives)}",
        )


def _classes(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Tuple(elts=elements):
            yield from elements
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from _classes(left)
            yield from _classes(right)
        case _:
            yield node
