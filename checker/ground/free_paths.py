"""The names that occur free in an expression, down to the fields that are read."""

from __future__ import annotations

from typing import Any

from quorate.model.language.declare.types import RecordType, Type
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import occurrences, walk

from .shapes import Value


def free_paths(e: Any) -> frozenset[tuple[str, ...]]:
    """The names that occur free, each with the fields that are taken of it."""
    return frozenset(path for _, path in occurrences(e, _path))


def _path(e: Any) -> tuple[str, tuple[str, ...]] | None:
    """The name and the fields of `name.field.field`, where `name` is a record."""
    chain, root = [], e
    while isinstance(root, c.Field):
        chain.append(root.name)
        root = root.of
    if not isinstance(root, c.Var) or (chain and not isinstance(root.type, RecordType)):
        return None
    return root.name, (root.name, *reversed(chain))


def field_positions(e: c.Expr, path: tuple[str, ...]) -> list[int]:
    """The field positions that a path follows, from the type of its variable."""
    if len(path) == 1:
        return []
    var = next(n for n in walk(e) if isinstance(n, c.Var) and n.name == path[0])
    t: Type = var.type
    found = []
    for name in path[1:]:
        if not isinstance(t, RecordType):
            break  # a field of an option: the whole option is looked at
        found.append(list(t.fields).index(name))
        t = t.fields[name]
    return found


def project(value: Value, positions: list[int]) -> Value:
    for position in positions:
        value = value.values[position]
    return value
