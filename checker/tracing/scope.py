"""The names in a method, as CPython has them while a statement runs."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

Names = dict[str, Any]
ITEM = "__item__"
"""Stands for the item that the target of a loop is bound to."""


@dataclass
class MethodScope:
    """The names that a method's statements see and set."""

    owner: type
    names: Names  # parameters and locals
    around: Names  # globals and what the method closes over

    def inner(self) -> MethodScope:
        return MethodScope(self.owner, dict(self.names), self.around)

    def value(self, node: ast.expr) -> Any:
        """CPython's value of an expression. A name that `:=` binds is known from then on."""
        # Comprehensions see globals only: names go there too.
        everything = {**self.around, **self.names}
        value = eval(compile(ast.Expression(node), "<witness>", "eval"), everything)
        for part in ast.walk(node):
            if isinstance(part, ast.NamedExpr) and part.target.id in everything:
                self.names[part.target.id] = everything[part.target.id]
        return value

    def run(self, statement: ast.stmt) -> None:
        """Run a statement that returns nothing, with CPython."""
        known = {**self.around, **self.names}
        before = dict(known)
        module = ast.fix_missing_locations(ast.Module([statement], []))
        exec(compile(module, "<witness>", "exec"), known)
        changed = {k: v for k, v in known.items() if k not in before or before[k] is not v}
        self.names.update((k, v) for k, v in changed.items() if k != "__builtins__")

    def bind(self, target: ast.expr, item: Any) -> None:
        """Bind the target of a loop to an item."""
        self.names[ITEM] = item
        value = ast.Name(id=ITEM, ctx=ast.Load())
        self.run(ast.Assign(targets=[target], value=value, lineno=1))
        del self.names[ITEM]
