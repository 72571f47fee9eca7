"""What a protocol class declares outside its methods: variables, messages, sorts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .data import Message, NotAType, Record, frozen
from .diagnostics import Diagnostic, ModelError, Span
from .protocol import Protocol, Variable
from .sorts import Sort
from .source import annotation_span, class_span
from .types import (
    BoolType,
    EnumType,
    MapType,
    MessagesType,
    NatType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)


@dataclass
class ClassReader:
    """Checks the declarations of a protocol class and gathers what is wrong with them."""

    protocol: type[Protocol]
    mistakes: list[Diagnostic] = field(default_factory=list)
    variables: dict[str, Variable] = field(default_factory=dict)

    def _add(self, code: str, title: str, span: Span, label: str = "", help: str = "") -> None:
        where = self.protocol.__name__
        self.mistakes.append(Diagnostic(code, title, span, label, help, where))

    def read(self) -> dict[str, Variable]:
        """The state variables. Raises ModelError where nothing can be read without them."""
        try:
            self.variables = self.protocol.variables()
        except (NotAType, NameError, TypeError) as error:
            name, _, what = str(error).partition(": ")
            if isinstance(error, NotAType):
                title = f"`{what}` is not a type of the modelling language"
                span = annotation_span(self.protocol, name)
            else:
                title, span = f"an annotation cannot be evaluated: {error}", self._class_span()
            self._add("bad-annotation", title, span, "not a type", TYPES)
            raise ModelError(self.mistakes) from None
        for variable in self.variables.values():
            self._check_variable(variable)
        if not self.protocol.methods("action"):
            self._add(
                "no-actions",
                f"{self.protocol.__name__} has no @action",
                self._class_span(),
                help="an action is a method decorated with @action",
            )
        self._check_messages()
        self._check_letters()
        return self.variables

    def _class_span(self) -> Span:
        return class_span(self.protocol)

    def _check_variable(self, v: Variable) -> None:
        span = annotation_span(v.owner, v.name)
        if isinstance(v.type, MessagesType):
            return
        if isinstance(v.type, MapType) and any(
            not isinstance(k, (SortType, NatType, EnumType, BoolType)) for k in v.type.keys
        ):
            self._add("bad-key", "a map is keyed by sorts", span, f"keys of {v.type}")
            return
        if (loose := unbounded(v.type)) is not None:
            self._add(
                "unbounded",
                f"`{v.name}` holds a {loose} without bounds",
                span,
                "no range",
                "declare `class Count(Nat): ...` and use it as the type",
            )
            return
        cell = v.type.value if isinstance(v.type, MapType) else v.type
        if not _holds(cell, frozen(v.initial)):
            bottom = cell.bottom if isinstance(cell, SortType) else None
            self._add(
                "bad-initial",
                f"`{v.name}` starts as {v.initial!r}, which is not a {cell}",
                span,
                f"each cell is a {cell}" if isinstance(v.type, MapType) else f"a {cell}",
                f"give a first value: `= durable({cell}.{bottom})`"
                if bottom
                else f"give a first value: `= durable(...)`, or declare it `{cell} | None`",
            )
        if v.volatile and not isinstance(v.type, MapType):
            self._add(
                "volatile-of-whom",
                f"`{v.name}` is volatile, but belongs to no process",
                span,
                help="a volatile variable is a map keyed first by the process that loses it",
            )

    def _check_messages(self) -> None:
        for variable in self.variables.values():
            if not isinstance(variable.type, MessagesType):
                continue
            for message in variable.type.messages:
                self._check_message(message)

    def _check_message(self, message: type[Record]) -> None:
        try:
            fields = message.field_types()
        except (NotAType, NameError) as error:
            self._add(
                "bad-field",
                f"{message.__name__} has a field of no type: {error}",
                class_span(message),
                "here",
                TYPES,
            )
            return
        key = message.key if issubclass(message, Message) else None
        for name in key or ():
            if name not in fields:
                self._add(
                    "bad-message-key",
                    f"key={key!r} of {message.__name__} names `{name}`, which is no field",
                    class_span(message),
                    f"its fields are {', '.join(fields)}",
                )
        for name, t in fields.items():
            if (loose := unbounded(t)) is not None:
                self._add(
                    "unbounded",
                    f"`{message.__name__}.{name}` is a {loose} without bounds",
                    class_span(message),
                    "no range",
                    "declare `class Count(Nat): ...` and use it as the type",
                )

    def _check_letters(self) -> None:
        letters: dict[str, type] = {}
        for sort in self.protocol.sorts().values():
            if not issubclass(sort, Sort):
                continue
            other = letters.setdefault(sort.short, sort)
            if other is not sort:
                self._add(
                    "same-letter",
                    f"elements of {other.__name__} and {sort.__name__} would both be named "
                    f"{sort.short}0, {sort.short}1, ...",
                    class_span(sort),
                    f"also `{sort.short}`",
                    f"give one of them another letter: `class {sort.__name__}(Sort, short=...)`",
                )


TYPES = (
    "types are sorts, `Sort | None`, bool, enums, records, Nat sorts, Map[...], Set[...], "
    "Seq[..., ...], quorum systems and Messages[...]"
)


def unbounded(t: Type) -> str | None:
    """The unbounded part of a type, if any."""
    match t:
        case NatType(None):
            return "number"
        case OptionType(inner) | SetType(inner) | SeqType(inner, _) | MapType(_, inner):
            return unbounded(inner)
        case RecordType():
            return next((bad for f in t.fields.values() if (bad := unbounded(f))), None)
    return None


def _holds(t: Type, value: Any) -> bool:
    """Whether a Python value is a value of the type, whatever the sizes."""
    match t:
        case BoolType():
            return isinstance(value, bool)
        case SortType(sort):
            return isinstance(value, sort)
        case EnumType(enum):
            return isinstance(value, enum)
        case NatType():
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case OptionType(inner):
            return value is None or _holds(inner, value)
        case RecordType(record):
            return isinstance(value, record)
        case SetType(element):
            return isinstance(value, frozenset) and all(_holds(element, x) for x in value)
        case SeqType(element, _):
            return isinstance(value, tuple) and all(_holds(element, x) for x in value)
    return isinstance(value, Mapping)
