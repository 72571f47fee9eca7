"""An action with its arguments, as traces show it and people type it: `phase1b(a0, b1)`."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from quorate._spelling import instead
from quorate.checker.errors import InputError
from quorate.model.language import Record
from quorate.model.language.declare.types import MessagesType, RecordType, Type
from quorate.model.language.interpreter import Arguments
from quorate.model.language.ir import core as c
from quorate.traces import FrozenMap, Value
from quorate.traces import Record as TraceRecord

from .reading import NotAValueError, TraceReader

_EXPECTED = "expected ACTION or ACTION(ARGUMENT, ...), as a trace shows it"


def call_of(text: str, description: c.Description) -> tuple[str, Arguments | None]:
    """The action and its arguments; None where only its name is given. Use it inside the sizes.

    Raises InputError.
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise InputError(f"{text!r} is no action: {_EXPECTED}") from None
    match node:
        case ast.Name(id=name):
            _action(name, description)
            return name, None
        case ast.Call(func=ast.Name(id=name), args=given, keywords=keywords):
            action = _action(name, description)
        case _:
            raise InputError(f"{text!r} is no action: {_EXPECTED}")
    parameters = [p.var for p in action.parameters]
    by_name: dict[str, ast.expr] = dict(zip((p.name for p in parameters), given, strict=False))
    by_name |= {k.arg: k.value for k in keywords if k.arg is not None}
    if len(given) + len(keywords) != len(parameters) or by_name.keys() != {
        p.name for p in parameters
    }:
        wanted = ", ".join(f"{p.name}: {p.type}" for p in parameters)
        raise InputError(f"{text!r}: expected {name}({wanted})")
    records = _records([*(p.type for p in parameters), *(v.type for v in description.variables)])
    reader = TraceReader()
    try:
        values = [(_value(by_name[p.name], records), p.type) for p in parameters]
        return name, tuple(reader.value(value, t) for value, t in values)
    except NotAValueError as error:
        raise InputError(f"{text!r}: {error}") from None


def _action(name: str, description: c.Description) -> c.Action:
    names = [a.name for a in description.actions]
    if name in names:
        return description.action(name)
    raise InputError(f"{description.name} has no action `{name}`; {instead(name, names)}")


def _records(types: list[Type]) -> dict[str, type[Record]]:
    """The records and messages that values may be of, by name."""
    found: dict[str, type[Record]] = {}
    for t in types:
        kinds = t.messages if isinstance(t, MessagesType) else ()
        kinds = (t.record,) if isinstance(t, RecordType) else kinds
        found.update((kind.__name__, kind) for kind in kinds)
    return found


def _value(node: ast.expr, records: Mapping[str, type[Record]]) -> Value:
    match node:
        case ast.Constant(value=None | bool() | int() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name  # `Ballot.b1`, `State.COMMITTED`
        case ast.Set(elts=elements):
            return frozenset(_value(e, records) for e in elements)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return tuple(_value(e, records) for e in elements)
        case ast.Dict(keys=[]):
            return frozenset()  # how an empty set is shown
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return FrozenMap(
                (_value(k, records), _value(v, records)) for k, v in pairs if k is not None
            )
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            kind = records.get(name)
            names = kind.field_names() if kind is not None else ()
            fields = dict(zip(names, (_value(a, records) for a in args), strict=False))
            fields |= {k.arg: _value(k.value, records) for k in keywords if k.arg is not None}
            order = sorted(fields, key=[*names, *fields].index)
            return TraceRecord(name, tuple((f, fields[f]) for f in order))
    raise NotAValueError(f"found {ast.unparse(node)}, expected a value as a trace shows it")
