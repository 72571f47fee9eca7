"""Reading properties of runs, and the fairness of actions."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from quorate._spelling import nearest
from quorate.model.language.declare.types import RecordType, Type
from quorate.model.language.diagnostics import Span
from quorate.model.language.ir import surface as s

from .expressions import ExpressionReader
from .functions import FunctionReader, head, mentions_message
from .source import function_source


def temporal_property(functions: FunctionReader, name: str, function: Any) -> s.Temporal:
    """A property of runs. Raises ModelError."""
    node, _ = function_source(function)
    reader = functions.reading(function)
    kind = function._quorate.kind
    if kind == "step_property":
        node = _with_old(node, reader)
    parameters = functions.parameters(node, reader)
    functions.ranges(node, parameters, reader)
    for arg, p in zip(node.args.args[1:], parameters, strict=True):
        if _is_message(p.type):
            reader.fail(
                "bad-parameters",
                f"`{name}` is about runs: a message is not there from the start",
                arg,
                f"ranges over the {p.type}s sent",
                "take the fields of the message as parameters",
            )
    return s.Temporal(
        name=name,
        kind=kind,
        parameters=parameters,
        bodies=_bodies(functions, node, reader, kind),
        span=head(node, reader),
        doc=ast.get_docstring(node) or "",
    )


def _with_old(node: ast.FunctionDef, reader: ExpressionReader) -> ast.FunctionDef:
    """The method without `old`, which the reader then knows."""
    args = node.args.args
    if len(args) < 2:
        names = ", ".join(["self", "old", *(a.arg for a in args[1:])])
        reader.fail(
            "bad-parameters",
            f"`{node.name}` does not take the state before the step",
            args[0] if args else head(node, reader),
            "of which steps?",
            f"write `def {node.name}({names})`: `old` is the state before, `self` the one after",
        )
    reader.check_name(args[1].arg, args[1])
    reader.old = args[1].arg
    given = ast.arguments(
        posonlyargs=node.args.posonlyargs,
        args=[args[0], *args[2:]],
        vararg=node.args.vararg,
        kwonlyargs=node.args.kwonlyargs,
        kw_defaults=node.args.kw_defaults,
        kwarg=node.args.kwarg,
        defaults=node.args.defaults,
    )
    found = ast.FunctionDef(
        name=node.name, args=given, body=node.body, decorator_list=[], returns=node.returns
    )
    return ast.copy_location(found, node)


def _bodies(
    functions: FunctionReader, node: ast.FunctionDef, reader: ExpressionReader, kind: str
) -> tuple[s.Expr, ...]:
    if kind != "leads_to":
        return (functions.returned(node, reader, boolean=True),)
    last = functions.local_names(node, reader)
    pair = last.value if isinstance(last, ast.Return) else None
    if not isinstance(pair, ast.Tuple) or len(pair.elts) != 2:
        reader.fail(
            "no-pair",
            f"`{node.name}` returns what leads to what",
            pair or last or head(node, reader),
            "not a pair",
            "write `return premise, conclusion`",
        )
    return tuple(reader.condition(part) for part in pair.elts)


def fairness(
    node: ast.FunctionDef, function: Any, parameters: Sequence[s.Name], reader: ExpressionReader
) -> tuple[str, ...]:
    """The parameters for each of which an action is fair. Raises ModelError."""
    types = {p.name: p.type for p in parameters}
    for name in function._quorate.fair_for:
        if name not in types:
            near = nearest(name, types)
            reader.fail(
                "bad-fairness",
                f"`{node.name}` is fair for each `{name}`, which is not a parameter",
                _given(node, reader),
                "unknown parameter",
                f"did you mean `{near}`?"
                if near
                else f"its parameters are {', '.join(types) or 'none'}",
            )
        if _is_message(types[name]):
            reader.fail(
                "bad-fairness",
                f"`{node.name}` cannot be fair for each `{name}`",
                _given(node, reader),
                f"ranges over the {types[name]}s sent",
                "be fair for each process: take it as a parameter of its own",
            )
    return tuple(name for name in types if name in function._quorate.fair_for)


def _given(node: ast.FunctionDef, reader: ExpressionReader) -> ast.AST | Span:
    """Where `fair_for` is given."""
    calls = (d for d in node.decorator_list if isinstance(d, ast.Call))
    values = (k.value for call in calls for k in call.keywords if k.arg == "fair_for")
    return next(values, head(node, reader))


def _is_message(t: Type) -> bool:
    return isinstance(t, RecordType) and mentions_message(t)
