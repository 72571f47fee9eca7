"""Checks of records: the names, types and defaults of their fields."""

from __future__ import annotations

import ast
import inspect

from quorate.model.language.declare.annotations import NotAType
from quorate.model.language.declare.types import (
    Message,
    MessagesType,
    NatType,
    QuorumType,
    Record,
    RecordType,
    TupleRecord,
)
from quorate.model.language.diagnostics import Diagnostic, Span, article

from .annotations import inner_types, quoted, type_hint
from .orders import is_ordered
from .source import annotation_span, class_source, class_span, span_of

# Names that a field cannot have: records use them themselves.
_TAKEN = {name for name in vars(Message) | vars(Record) if not name.startswith("_")}


def field_mistakes(record: type[Record]) -> list[Diagnostic]:
    """The mistakes in the fields of a record, and of the records inside it."""
    return _field_mistakes(record, ())


def _field_mistakes(record: type[Record], inside: tuple[type[Record], ...]) -> list[Diagnostic]:
    if issubclass(record, TupleRecord):
        inner = [t.record for t in record.field_types().values() if isinstance(t, RecordType)]
        return [mistake for r in inner for mistake in _field_mistakes(r, (*inside, record))]
    found = _names(record)
    if found:
        return found
    try:
        fields = record.field_types()
    except Exception as error:
        return [_untyped(record, error)]
    for name, t in fields.items():
        if record._order and not is_ordered(t):
            found.append(
                Diagnostic(
                    "bad-field",
                    f"{record.__name__} is ordered by its fields, and `{name}` has no order",
                    annotation_span(record, name),
                    f"this is {article(t)}",
                    f"declare `class {record.__name__}(Record): ...`, or make it a number or an "
                    "element of an order",
                    record.__name__,
                )
            )
        for part in inner_types(t):
            if part == NatType(None):
                found.append(
                    Diagnostic(
                        "unbounded",
                        f"`{record.__name__}.{name}` is a number without bounds",
                        annotation_span(record, name),
                        "no range",
                        "declare `class Count(Nat): ...` and use it as the type",
                        record.__name__,
                    )
                )
            elif isinstance(part, RecordType) and part.record in (*inside, record):
                found.append(
                    Diagnostic(
                        "bad-field",
                        f"{record.__name__} contains itself",
                        annotation_span(record, name),
                        "without end",
                        "records are finite; link by a sort: `parent: Node | None`",
                        record.__name__,
                    )
                )
            elif isinstance(part, MessagesType) or (
                isinstance(part, QuorumType) and "_abstract" in vars(part.system)
            ):
                found.append(
                    Diagnostic(
                        "bad-field",
                        f"`{part}` is not the type of a field",
                        annotation_span(record, name),
                        "not a type",
                        f"declare `class Quorum({part}): ...` and use it as the type"
                        if isinstance(part, QuorumType)
                        else "declare `sent: Messages[...]` in the protocol",
                        record.__name__,
                    )
                )
            elif isinstance(part, RecordType):
                found += _field_mistakes(part.record, (*inside, record))
    return found


def _names(record: type[Record]) -> list[Diagnostic]:
    found = []
    for base in record.__mro__:
        if not issubclass(base, Record) or base in (Record, Message):
            continue
        for name in inspect.get_annotations(base):
            if name in _TAKEN or name.startswith("_"):
                found.append(
                    Diagnostic(
                        "bad-field",
                        f"a field cannot be called `{name}`",
                        annotation_span(base, name, "name"),
                        "this name is taken",
                        f"choose another name, such as `{name.strip('_')[:1] or 'x'}`",
                        base.__name__,
                    )
                )
        found += _defaults(base)
    return found


def _defaults(record: type[Record]) -> list[Diagnostic]:
    node, file = class_source(record)
    return [
        Diagnostic(
            "bad-field",
            f"the field `{statement.target.id}` has a default value",
            span_of(statement.value, file),
            "not used",
            "write every field where the record is made",
            record.__name__,
        )
        for statement in (node.body if node else ())
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and statement.value is not None
    ]


def _untyped(record: type[Record], error: Exception) -> Diagnostic:
    name, span = _untyped_field(record)
    shown = f"`{record.__name__}.{name}`"
    if isinstance(error, NotAType):
        return Diagnostic(
            "bad-field",
            f"{shown} is {quoted(str(error))}, which is not a type of the modelling language",
            span,
            "not a type",
            type_hint(str(error)),
            record.__name__,
        )
    return Diagnostic(
        "bad-field",
        f"the type of {shown} cannot be read: {error}",
        span,
        "cannot be evaluated",
        type_hint("", error, vars(record).get("_scope")) if isinstance(error, NameError) else "",
        where=record.__name__,
    )


def _untyped_field(record: type[Record]) -> tuple[str, Span]:
    """The first field whose annotation is not a type, found by trying one field at a time."""
    for base in reversed(record.__mro__):
        for name, annotation in inspect.get_annotations(base).items():
            if base is Record or name == "key" or name.startswith("_"):
                continue
            body = {"__annotations__": {name: annotation}, "__module__": base.__module__}
            probe: type[Record] = type("Probe", (Record,), body)
            try:
                probe.field_types()
            except Exception:
                return name, annotation_span(base, name)
    return "?", class_span(record)
