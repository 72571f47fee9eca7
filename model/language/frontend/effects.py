"""Reading effects: assignments, sending, crashes. Each function reads one statement."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NoReturn

from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.queues import ends_of, fifo_of, queue_type
from quorate.model.language.declare.types import (
    MapType,
    MessagesType,
    OptionType,
    RecordType,
    SetType,
    SortType,
    Type,
)
from quorate.model.language.diagnostics import article
from quorate.model.language.ir import surface as s

from .expressions import ExpressionReader
from .whole_maps import given_keys, read_copy, read_whole_map
from .wording import ALLOWED_STATEMENTS, code, listed


def read_assignment(
    reader: ExpressionReader, node: ast.stmt, target: ast.expr, value: ast.expr
) -> tuple[Variable, s.Statement]:
    """`self.x = value`, `self.x[key] = value` or a part of it: the variable, and the statement."""
    keys: tuple[s.Expr, ...] = ()
    whole, fields = _part(target)
    if fields:
        variable = _assigned(reader, whole, value)
        new = _changed(reader, whole, reader.read(whole), fields, value)
        if isinstance(variable.type, MapType) and isinstance(whole, ast.Subscript):
            keys = reader.keys(whole, variable.type)
        elif isinstance(whole, ast.Subscript):
            _not_a_part(reader, variable, whole)
        return variable, s.Assign(variable=variable, keys=keys, value=new, span=reader.span(node))
    variable = _assigned(reader, target, value)
    t = variable.type
    if isinstance(t, MapType):
        row = given_keys(target)
        if isinstance(value, ast.DictComp) and len(row) < len(t.keys):
            return variable, read_whole_map(reader, node, variable, row, value)
        if len(row) == len(t.keys) - 1 and (
            copied := read_copy(reader, node, variable, row, value)
        ):
            return variable, copied
        if not isinstance(target, ast.Subscript):
            reader.fail(
                "not-assignable",
                f"`self.{variable.name}` is a map; write one cell at a time",
                target,
                f"this is {article(t)}",
                _each_cell(variable, value),
            )
        keys, t = reader.keys(target, t), t.value
    elif isinstance(target, ast.Subscript):
        _not_a_part(reader, variable, target)
    found = reader.value(value, t)
    return variable, s.Assign(variable=variable, keys=keys, value=found, span=reader.span(node))


def _not_a_part(reader: ExpressionReader, variable: Variable, target: ast.expr) -> NoReturn:
    reader.fail(
        "not-assignable",
        f"a part of {article(variable.type)} cannot be written",
        target,
        "a part of a value",
        f"write a whole new value: `self.{variable.name} = ...`",
    )


def _part(target: ast.expr) -> tuple[ast.expr, list[str]]:
    """`self.x[key]` and the fields n, m of `self.x[key].n.m`."""
    fields: list[str] = []
    while isinstance(target, ast.Attribute) and not isinstance(target.value, ast.Name):
        fields.insert(0, target.attr)
        target = target.value
    return target, fields


def _changed(
    reader: ExpressionReader, target: ast.expr, of: s.Expr, fields: list[str], value: ast.expr
) -> s.Expr:
    """The record with a new value in one field, or in a field of a field."""
    t = of.type.inner if isinstance(of.type, OptionType) else of.type
    if not isinstance(t, RecordType) or fields[0] not in t.fields:
        reader.read(ast.copy_location(ast.Attribute(target, fields[0], ast.Load()), target))
    assert isinstance(t, RecordType)
    reader.check_present(target, of, t)
    args = []
    for name, ft in t.fields.items():
        found: s.Expr = s.Field(of=of, name=name, type=ft, span=of.span)
        if name == fields[0] and fields[1:]:
            inside = ast.copy_location(ast.Attribute(target, name, ast.Load()), target)
            found = _changed(reader, inside, reader.read(inside), fields[1:], value)
        elif name == fields[0]:
            found = reader.value(value, ft)
        args.append(found)
    return s.New(record=t.record, args=tuple(args), type=t, span=of.span)


def _assigned(reader: ExpressionReader, target: ast.expr, value: ast.expr) -> Variable:
    """The variable that an assignment writes."""
    holder = target.value if isinstance(target, ast.Subscript) else target
    if not (
        isinstance(holder, ast.Attribute)
        and isinstance(holder.value, ast.Name)
        and holder.value.id == "self"
    ):
        own = isinstance(holder, ast.Name) and holder.id in reader.variables
        deeper = code(holder)
        reader.fail(
            "bad-target",
            "only state variables can be written",
            target,
            "not `self.variable` nor `self.variable[key]`",
            f"write `self.{code(target)} = {code(value)}`"
            if own
            else "bind each name on a line of its own"
            if isinstance(target, (ast.Tuple, ast.List))
            else f"records, sets and sequences are values: write a whole new `{deeper}`"
            if deeper.startswith("self.")
            else ALLOWED_STATEMENTS,
        )
    variable = reader.variable(holder)
    if isinstance(variable.type, MessagesType):
        reader.fail(
            "not-assignable",
            "messages are sent, not assigned",
            target,
            "a set that only grows" if variable.type.network is None else "messages in flight",
            f"write `self.{variable.name}.add(...)`; a message never received is a lost one",
        )
    return variable


def read_send(
    reader: ExpressionReader, node: ast.stmt, call: ast.Call, holder: ast.Attribute
) -> s.Send:
    """`self.sent.add(message)`, where `holder` is `self.sent`."""
    variable = reader.variable(holder)
    if not isinstance(variable.type, MessagesType):
        reader.fail(
            "not-messages",
            f"`self.{variable.name}` holds no messages",
            holder,
            f"this is {article(variable.type)}",
            _added(variable, call),
        )
    message = _message(reader, call, variable, "add", "what is sent must be a message")
    return s.Send(variable=variable, message=message, span=reader.span(node))


def _message(
    reader: ExpressionReader, call: ast.Call, variable: Variable, method: str, must: str
) -> s.Expr:
    """The one message that a method of the messages takes."""
    if len(call.args) != 1 or call.keywords:
        reader.fail(
            "argument-count",
            f"`{method}` takes one message",
            call,
            f"{len(call.args) + len(call.keywords)} given",
            f"{'send' if method == 'add' else 'discard'} each message on a line of its own",
        )
    message = reader.read(call.args[0])
    record = message.type
    if not isinstance(record, RecordType):
        name = variable.type.messages[0].__name__  # type: ignore[attr-defined]
        reader.fail(
            "not-a-message",
            must,
            call.args[0],
            f"this is {article(record)}",
            f"write `self.{variable.name}.{method}({name}(...))`",
        )
    reader.check_declared(call.args[0], variable, record.record)
    return message


def holds_messages(reader: ExpressionReader, holder: ast.Attribute) -> bool:
    """Whether `self.name` holds messages."""
    known = reader.variables.get(holder.attr)
    return known is not None and isinstance(known.type, MessagesType)


def read_discard(
    reader: ExpressionReader, node: ast.stmt, call: ast.Call, holder: ast.Attribute
) -> s.Receive:
    """`self.sent.discard(message)`, where `holder` is `self.sent`."""
    variable = reader.variable(holder)
    name = f"self.{variable.name}"
    assert isinstance(variable.type, MessagesType)
    if variable.type.network is None:
        reader.fail(
            "not-removable",
            f"`{name}` is a set that only grows: nothing is removed from it",
            call,
            "stays sent",
            "a message never received is a lost one; if each is delivered at most once, declare "
            f"`{variable.name}: {variable.type} = at_most_once()`",
        )
    if fifo_of(variable.type) is not None:
        reader.fail(
            "not-removable",
            f"`{name}` delivers in order: nothing is taken from the middle of a link",
            call,
            "only the first leaves",
            f"lose all that is in flight on a link: `{name}.drop(a, b)`",
        )
    if isinstance(call.func, ast.Attribute) and call.func.attr == "remove":
        reader.fail(
            "not-removable",
            "`remove` fails where the message is not in flight",
            call,
            "may fail",
            f"write `{name}.discard({listed(call.args)})`",
        )
    message = _message(reader, call, variable, "discard", "what is discarded must be a message")
    return s.Receive(variable=variable, message=message, span=reader.span(node))


def read_drop(
    reader: ExpressionReader, node: ast.stmt, call: ast.Call, holder: ast.Attribute
) -> s.Drop:
    """`self.sent.drop(a, b)`, or with `keep=n`, where `holder` is `self.sent`."""
    variable = reader.variable(holder)
    if (t := fifo_of(variable.type)) is None:
        reader.fail(
            "not-removable",
            f"`self.{variable.name}` has no links",
            call,
            "no queues",
            f"declare `{variable.name}: {variable.type} = fifo(Depth)`, or discard messages one by "
            f"one: `for m in self.{variable.name}[...]: self.{variable.name}.discard(m)`",
        )
    ends = ends_of(t)
    if len(call.args) != 2 or [k.arg for k in call.keywords] not in ([], ["keep"]):
        reader.fail(
            "argument-count",
            "`drop` takes a link: who sends, and to whom",
            call,
            f"{len(call.args) + len(call.keywords)} given",
            f"expected {ends[0]} and {ends[1]}, and perhaps `keep=` how many of the first are kept",
        )
    a, b = (reader.value(x, end) for x, end in zip(call.args, ends, strict=True))
    depth = queue_type(t).length
    kept = reader.value(call.keywords[0].value, depth) if call.keywords else None
    return s.Drop(variable=variable, ends=(a, b), kept=kept, span=reader.span(node))


def read_crash(reader: ExpressionReader, node: ast.stmt, call: ast.Call) -> s.Crash:
    """`self.crash(process)`."""
    process = reader.read(call.args[0]) if len(call.args) == 1 else None
    if process is None or not isinstance(process.type, SortType):
        reader.fail(
            "bad-crash",
            "`crash` takes one process: an element of a sort",
            call,
            "no process",
            "write `self.crash(p)`, where `p` is a parameter of the action",
        )
    if not lost_variables(reader.variables.values(), process.type):
        reader.fail(
            "bad-crash",
            f"{article(process.type)} has nothing volatile to lose",
            call,
            "changes nothing",
            f"declare a map keyed first by {process.type} as `volatile(...)`",
        )
    return s.Crash(process=process, span=reader.span(node))


def lost_variables(variables: Iterable[Variable], process: Type) -> list[Variable]:
    """The volatile variables of which a crash resets the cells of a process of this type."""
    return [
        v
        for v in variables
        if v.volatile and isinstance(v.type, MapType) and v.type.keys[0] == process
    ]


def _added(variable: Variable, call: ast.Call) -> str:
    """How to add an element to a set variable instead."""
    given = listed(call.args)
    cell = f"self.{variable.name}"
    t = variable.type
    if isinstance(t, MapType):
        cell, t = f"{cell}[{', '.join(str(k).lower() for k in t.keys)}]", t.value
    if isinstance(t, SetType):
        return f"sets are values: write `{cell} = {cell} | {{{given}}}`"
    return "messages are held by a variable of type `Messages[...]`"


def _each_cell(variable: Variable, value: ast.expr) -> str:
    assert isinstance(variable.type, MapType)
    names = [f"x{i}" for i in range(len(variable.type.keys))] if variable.type.keys[1:] else ["x"]
    loops = " ".join(f"for {n} in {k}:" for n, k in zip(names, variable.type.keys, strict=True))
    text = code(value) if isinstance(value, (ast.Attribute, ast.Constant)) else "..."
    return f"write `{loops} self.{variable.name}[{', '.join(names)}] = {text}`"
