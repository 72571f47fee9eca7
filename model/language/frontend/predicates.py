"""Reading `is_quorum`: a condition on a set of elements, in the core IR."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.structures import Predicate
from quorate.model.language.declare.types import SetType, SortType
from quorate.model.language.diagnostics import Diagnostic, ModelError
from quorate.model.language.ir import core as c
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.lower import lower_expression
from quorate.model.language.ir.traverse import walk

from .functions import FunctionReader, head
from .source import function_source


@dataclass(frozen=True)
class Condition:
    """`body` says whether the set `q` of elements of a system's sort is a quorum."""

    q: c.Var
    body: c.Expr


def predicate(system: type[Predicate[Any]]) -> Condition:
    """The condition of a predicate. Raises ModelError with all mistakes."""
    function: Any = system.is_quorum
    return _read(function, system.of)


@lru_cache(maxsize=128)
def _read(function: Any, of: Any) -> Condition:
    node, _ = function_source(function)
    functions = FunctionReader(Protocol, {})
    reader = functions.reading(function)
    parameters = functions.parameters(node, reader)
    wanted = SetType(SortType(of))
    if len(parameters) != 1 or parameters[0].type != wanted:
        raise ModelError(
            [
                Diagnostic(
                    "bad-quorum",
                    f"`is_quorum` takes one {wanted}, and nothing else",
                    head(node, reader),
                    "of which set is it?",
                    f"write `def is_quorum(self, q: {wanted}) -> bool`",
                    function.__qualname__,
                )
            ]
        )
    body = functions.returned(node, reader, boolean=True)
    q = c.Var(name=parameters[0].name, type=wanted)
    found = Condition(q, lower_expression(body, {parameters[0].uid: q}))
    for e in walk(found.body):
        if isinstance(e, c.OverType) and e.type != SortType(of):
            raise ModelError([_foreign(e, body, of, function)])
    return found


def _foreign(e: c.OverType, body: s.Expr, of: Any, function: Any) -> Diagnostic:
    return Diagnostic(
        "bad-quorum",
        f"whether {of.__name__}s make a quorum cannot depend on {e.type}s",
        body.span,
        f"goes through the {e.type}s",
        f"speak of `q` and of {of.__name__}s alone",
        function.__qualname__,
    )
