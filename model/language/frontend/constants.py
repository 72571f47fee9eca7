"""Variables that no step changes: `Const[...]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from quorate.model.language.declare.protocol import Variable
from quorate.model.language.diagnostics import Diagnostic
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.traverse import walk


def constant_writes(
    action: s.Action, function: Any, variables: Iterable[Variable]
) -> Iterator[Diagnostic]:
    """Where an action writes what is fixed; an `@init` chooses it."""
    lost = [v for v in variables if v.constant and v.volatile]
    if function._quorate.kind != "action":
        return
    for statement in action.body:
        for node in walk(statement):
            written = getattr(node, "variable", None) if isinstance(node, s.Statement) else None
            if isinstance(node, s.Crash) and lost:
                written = lost[0]
            if isinstance(written, Variable) and written.constant:
                yield Diagnostic(
                    "constant-written",
                    f"`self.{written.name}` is fixed, and written here",
                    node.span,
                    "fixed for the whole run",
                    f"choose it in an @init, or declare it `{written.name}: {written.type}`",
                    function.__qualname__,
                )
