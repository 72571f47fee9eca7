"""The state before a step, in properties of steps: its variables have names of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import surface as s
from .traverse import transformed

OLD = "old."


def before(name: str) -> str:
    """The name under which a variable is read in the state before: no variable is called so."""
    return f"{OLD}{name}"


def aged(e: s.Expr) -> s.Expr:
    """An expression as it was in the state before."""

    def put(node: Any) -> Any:
        if not isinstance(node, (s.StateRead, s.SentMessages)):
            return None
        old = replace(node.variable, name=before(node.variable.name))
        if isinstance(node, s.StateRead):
            return replace(node, variable=old, keys=tuple(map(aged, node.keys)))
        return replace(node, variable=old)

    found: s.Expr = transformed(e, put)
    return found
