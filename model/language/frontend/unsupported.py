"""Statements that an action cannot contain, each with what to write instead."""

from __future__ import annotations

import ast
from typing import NoReturn

from quorate._spelling import nearest
from quorate.model.language.diagnostics import ModelError

from .effects import holds_messages
from .expressions import ExpressionReader
from .wording import ALLOWED_STATEMENTS, code, listed

_KEYWORDS = {
    "Delete": "del",
    "FunctionDef": "def",
    "AsyncFunctionDef": "async def",
    "ClassDef": "class",
    "AsyncFor": "async for",
    "AsyncWith": "async with",
    "ImportFrom": "import",
    "TryStar": "try",
    "AnnAssign": "a name without a value",
}
_INSTEAD = {
    "while": "a step is one atomic action: split the loop into one action per round",
    "return": "actions do not return; use require(...) to disable them",
    "raise": "use require(...) to disable an action",
    "assert": "use require(...) for a guard, @invariant for a property",
    "try": "a step cannot fail half-way; use require(...) and if/else",
    "with": "a step is one atomic action; nothing is entered or left",
    "def": "a helper is a method of the protocol, decorated with @define",
    "global": "state belongs in variables of the protocol",
    "del": "assign the value that means nothing here, such as None",
}


def refuse_statement(reader: ExpressionReader, node: ast.stmt) -> NoReturn:
    """Report a statement that is not part of the language of actions."""
    match node:
        case ast.Expr(value):
            _unused(reader, value)
        case ast.AugAssign():
            _augmented(reader, node)
        case ast.Assign():
            reader.fail(
                "bad-target",
                "one name is bound at a time",
                node.targets[0],
                "several targets",
                "bind each name on a line of its own",
            )
    keyword = _KEYWORDS.get(type(node).__name__, type(node).__name__.lower())
    reader.fail(
        "unsupported-statement",
        f"`{keyword}` is not part of an action",
        node,
        "not allowed in an action",
        _INSTEAD.get(keyword, ALLOWED_STATEMENTS),
    )


def _unused(reader: ExpressionReader, value: ast.expr) -> NoReturn:
    hint = f"write `require({code(value)})`" if _is_condition(reader, value) else "take it out"
    match value:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]) if code(left).startswith(
            "self."
        ):
            text = f"`{code(left)} = {code(right)}`"
            hint = f"write {text} to assign it, or {hint.removeprefix('write ')} as a guard"
        case ast.Name(id="require"):
            hint = "write `require(condition)`"
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            hint = f"write `self.{name}(...)`" if name in reader.defines else ""
        case ast.Tuple(elts=[ast.Call(func=ast.Name(id="require")) as call, *_]):
            hint = f"write `{code(call)}` alone"
        case ast.Yield() | ast.YieldFrom() | ast.Await():
            hint = "a step is one atomic action; nothing is awaited or yielded"
    reader.fail(
        "unused-value",
        "this line computes a value and does nothing with it",
        value,
        "no effect",
        hint,
    )


def _network(reader: ExpressionReader, node: ast.expr) -> bool:
    """Whether it is a variable that holds messages."""
    return isinstance(node, ast.Attribute) and holds_messages(reader, node)


def _is_condition(reader: ExpressionReader, value: ast.expr) -> bool:
    try:
        reader.condition(value)
    except ModelError:
        return False
    return True


def _augmented(reader: ExpressionReader, node: ast.AugAssign) -> NoReturn:
    reader.fail(
        "augmented-assignment",
        f"`{code(node.target)}` is changed in place",
        node,
        "a local name stands for one value",
        "bind another name to the new value",
    )


def refuse_call(reader: ExpressionReader, call: ast.Call) -> NoReturn:
    """Report a call that an action cannot contain as a statement."""
    hint = ALLOWED_STATEMENTS
    if isinstance(call.func, ast.Attribute):
        owner = code(call.func.value)
        given = listed(call.args)
        if call.func.attr in reader.protocol.methods("action"):
            hint = "an action is a step of its own; only an override calls `super()`"
        elif owner in reader.variables and call.func.attr == "add":
            hint = f"write `self.{code(call)}`"
        elif call.func.attr in ("append", "send") and _network(reader, call.func.value):
            hint = f"write `{owner}.add({given})`"
        elif call.func.attr == "append":
            hint = f"sequences are values: write `{owner} = {owner} + ({given},)`"
        elif call.func.attr == "extend":
            hint = f"sequences are values: write `{owner} = {owner} + {given}`"
        elif call.func.attr == "add":
            hint = f"sets are values: write `{owner} = {owner} | {{{given}}}`"
        elif call.func.attr in ("remove", "discard"):
            hint = f"sets are values: write `{owner} = {owner} - {{{given}}}`"
        elif call.func.attr in reader.defines:
            hint = "a @define computes a value and changes nothing: use it in a condition"
    elif isinstance(call.func, ast.Name):
        if call.func.id == "print":
            hint = "take it out: what happened is seen in the trace"
        elif nearest(call.func.id, ["require"]):
            hint = "did you mean `require`?"
    reader.fail(
        "foreign-call",
        f"`{code(call.func)}(...)` is not part of an action",
        call,
        "not allowed in an action",
        hint,
    )
