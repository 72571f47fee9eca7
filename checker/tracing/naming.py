"""An expression as text, with names replaced by their values."""

from __future__ import annotations

import ast
import enum
from collections.abc import Mapping
from typing import Any

from quorate.model.language import Protocol, Record, Sort
from quorate.model.language.declare.types import TupleRecord

_PLAIN = (bool, int, str, enum.Enum, Sort, Record, frozenset, set, tuple)


def shown(value: Any) -> str:
    """A value as a witness shows it: `a0`, `{a0,a1}`, `Accept(b=b1, v=v0)`."""
    if isinstance(value, frozenset | set) and type(value).__repr__ in (
        frozenset.__repr__,
        set.__repr__,
    ):
        return "{" + ",".join(sorted(map(shown, value))) + "}"
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if type(value) is tuple:
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, Record) and not isinstance(value, TupleRecord):
        fields = zip(value.field_names(), value, strict=True)
        return f"{type(value).__name__}({', '.join(f'{n}={shown(v)}' for n, v in fields)})"
    return repr(value)


def named(node: ast.expr, values: Mapping[str, Any]) -> str:
    """The expression as text; names that it binds itself are kept."""
    copy = ast.parse(ast.unparse(node), mode="eval").body
    return _without_doubles(ast.unparse(_Named(values).visit(copy)))


def _without_doubles(text: str) -> str:
    """`any(x for x in s)` for `any((x for x in s))`, which is how Python writes it."""
    start = text.find("((")
    while start >= 0:
        end = _closing(text, start + 1)
        inner = text[start + 2 : end]
        lone = text[end + 1 : end + 2] == ")" and (text[start - 1 : start].isidentifier())
        if lone and " for " in inner:
            text = f"{text[: start + 1]}{inner}{text[end + 1 :]}"
        start = text.find("((", start + 1)
    return text


def _closing(text: str, start: int) -> int:
    """Where the parenthesis at `start` is closed."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if not depth:
            return at
    return len(text)


class _Named(ast.NodeTransformer):
    """Replaces names, and fields of their values, by values; `self.n` becomes `n`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        holder = self.values.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if isinstance(holder, Protocol):
            return ast.Name(node.attr, ast.Load())
        if isinstance(holder, Record) and node.attr in holder.field_names():
            return _as_name(getattr(holder, node.attr))
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        value = self.values.get(node.id, self)
        if value is self or isinstance(node.ctx, ast.Store) or not _is_plain(value):
            return node
        return _as_name(value)

    def _binding(self, node: Any) -> Any:
        """A comprehension or lambda: replaces names other than those that it binds."""
        bound = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _stores(n)}
        bound |= {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}
        values = {k: v for k, v in self.values.items() if k not in bound}
        return ast.NodeTransformer.generic_visit(_Named(values), node)

    visit_GeneratorExp = visit_ListComp = visit_SetComp = visit_DictComp = _binding
    visit_Lambda = visit_NamedExpr = _binding


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _is_plain(value: Any) -> bool:
    """Whether a value is more informative than its name: not a function, nor a whole map."""
    return value is None or isinstance(value, _PLAIN)


def _as_name(value: Any) -> ast.Name:
    return ast.Name(id=shown(value), ctx=ast.Load())
