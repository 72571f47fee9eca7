"""Names that mappings have beyond the language: `module.Class`, local maps and message sets."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from quorate.checker.prove.unbounded import UnsupportedError
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import MapType, MessagesType, Type
from quorate.model.language.frontend.expressions import ExpressionReader

from .rewriting import Image


class Modules(ast.NodeTransformer):
    """Turns `module.Class` into one name."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.scope = scope

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name):
            name = f"{node.value.id}.{node.attr}"
            if isinstance(self.scope.get(node.value.id), ModuleType) and name in self.scope:
                return ast.copy_location(ast.Name(name, ast.Load()), node)
        return self.generic_visit(node)


class Locals(ast.NodeTransformer):
    """Turns local names into variables with images: `last[a]` into `self.last[a]`, and so on.

    The names of these variables have spaces in them, so they clash with no others.
    """

    def __init__(self, reader: ExpressionReader) -> None:
        self.reader = reader
        self.known: dict[str, ast.expr] = {}

    def make(self, name: str, image: Image) -> str:
        """Make a variable for a local name, and return its name."""
        made = f"{name} of the mapping"
        here: ast.expr = ast.Attribute(ast.Name("self", ast.Load()), made, ast.Load())
        if image.value is not None:
            keys, t = tuple(k.type for k in image.keys), image.value.type
            of: Type = MapType(keys, t) if keys else t
        else:
            records = dict.fromkeys(p.type.element.record for p in image.parts)  # type: ignore[attr-defined]
            of = MessagesType(tuple(records))
            if len(records) == 1:
                (record,) = records
                self.reader.scope = {**self.reader.scope, f"{record} {made}": record}
                here = ast.Subscript(here, ast.Name(f"{record} {made}", ast.Load()), ast.Load())
        self.known[name] = here
        variable = Variable(made, of, None, False, None)
        self.reader.variables = {**self.reader.variables, made: variable}
        return made

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self.known or not isinstance(node.ctx, ast.Load):
            return node
        return ast.fix_missing_locations(
            ast.copy_location(copy.deepcopy(self.known[node.id]), node)
        )

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        bound = {x.id for x in ast.walk(node.target) if isinstance(x, ast.Name)}
        if hidden := bound & set(self.known):
            what = f"`{min(hidden)}`, which is bound twice"
            raise UnsupportedError(what, self.reader.span(node.target))
        return self.generic_visit(node)
