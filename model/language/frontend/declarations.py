"""What is declared beside a protocol: records and their fields, sorts, quorum systems."""

from __future__ import annotations

import ast
import inspect

from quorate.model.language.declare.data import Message, NotAType, Record
from quorate.model.language.declare.protocol import Protocol, mentioned_sorts
from quorate.model.language.declare.quorums import FunctionError, QuorumSystem, is_kind
from quorate.model.language.declare.sorts import Sort
from quorate.model.language.declare.structures import Joint, Predicate
from quorate.model.language.declare.types import (
    MapType,
    MessagesType,
    NatType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    Type,
)
from quorate.model.language.diagnostics import Diagnostic, ModelError, SizeError, Span

from .source import annotation_span, class_source, class_span, span_of

# What a field cannot be called: the machinery of records uses these names.
_TAKEN = {name for name in vars(Message) | vars(Record) if not name.startswith("_")}


TYPES = (
    "types are sorts, `Sort | None`, bool, enums, records, Nat sorts, Map[...], Set[...], "
    "Seq[..., ...], quorum systems and Messages[...]"
)


def type_hint(text: str) -> str:
    """What to write instead of an annotation that starts like `text`."""
    name = text.partition("[")[0]
    return {
        "dict": "write `Map[Key, Value]`",
        "set": "write `Set[Sort]`",
        "frozenset": "write `Set[Sort]`",
        "list": "write `Seq[Sort, Length]`, where `class Length(Nat): ...` bounds it",
        "tuple": "write `Seq[Sort, Length]`, where `class Length(Nat): ...` bounds it",
        "str": "declare a sort: `class Name(Sort): ...`",
        "float": "numbers are whole and bounded: `class Count(Nat): ...`",
        "Sort": "declare a sort of your own: `class Acceptor(Sort): ...`",
        "Ordered": "declare a sort of your own: `class Ballot(Ordered): ...`",
        "Majority": "declare a system of your own: `class Quorum(Majority[Acceptor]): ...`",
        "Nat": "declare a range of your own: `class Count(Nat): ...`",
        "Map with one argument": "write `Map[Key, Value]`",
        "Seq with one argument": "write `Seq[Sort, Length]`, where `class Length(Nat): ...`",
    }.get(name, TYPES)


def field_mistakes(record: type[Record]) -> list[Diagnostic]:
    """What is wrong with the fields of a record, and of the records inside it."""
    return _field_mistakes(record, ())


def _field_mistakes(record: type[Record], inside: tuple[type[Record], ...]) -> list[Diagnostic]:
    found = _names(record)
    if found:
        return found
    try:
        fields = record.field_types()
    except Exception as error:
        return [_untyped(record, error)]
    for name, t in fields.items():
        for part in _parts(t):
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
        where=record.__name__,
    )


def quoted(reason: str) -> str:
    """An annotation as shown in a sentence: as code, unless it is words."""
    return reason if " of " in reason or " with " in reason else f"`{reason}`"


def _untyped_field(record: type[Record]) -> tuple[str, Span]:
    """The first field that has no type: the record is tried one field at a time."""
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


def _parts(t: Type) -> list[Type]:
    match t:
        case OptionType(inner) | SetType(inner):
            return [t, *_parts(inner)]
        case SeqType(inner, length):
            return [t, length, *_parts(inner)]
        case MapType(keys, value):
            return [t, *keys, *_parts(value)]
    return [t]


# ---------------------------------------------------------------- sorts


def check_sorts(protocol: type[Protocol]) -> list[Diagnostic]:
    """No two sorts share their name or the letter of their elements."""
    found: list[Diagnostic] = []
    names: dict[str, type] = {}
    letters: dict[str, type[Sort]] = {}
    sorts = mentioned_sorts(protocol)
    taken = {sort.short for sort in sorts if issubclass(sort, Sort)}
    for sort in sorts:
        other = names.setdefault(sort.__name__, sort)
        if other is not sort:
            found.append(
                Diagnostic(
                    "same-name",
                    f"two sorts are called {sort.__name__}",
                    class_span(sort),
                    "one",
                    "sizes are given by name: rename one of them",
                    protocol.__name__,
                    ((class_span(other), "the other"),),
                )
            )
            continue
        if not issubclass(sort, Sort):
            continue
        twin = letters.setdefault(sort.short, sort)
        if twin is not sort:
            own = sort.__name__.lower()
            free = next((c for c in own if c.isalpha() and c not in taken), own)
            taken.add(free)
            base = sort.__bases__[0].__name__
            found.append(
                Diagnostic(
                    "same-letter",
                    f"elements of {twin.__name__} and {sort.__name__} would both be named "
                    f"{sort.short}0, {sort.short}1, ...",
                    class_span(sort),
                    f"also `{sort.short}`",
                    f'give it another letter: `class {sort.__name__}({base}, short="{free}")`',
                    protocol.__name__,
                    ((class_span(twin), f"`{twin.short}` already"),),
                )
            )
    return found


def check_quorums(protocol: type[Protocol]) -> list[Diagnostic]:
    """Every quorum system says of what, which sets are its quorums, and whom it meets."""
    systems = [s for s in mentioned_sorts(protocol) if issubclass(s, QuorumSystem)]
    return [d for system in systems for d in system_mistakes(system)]


def system_mistakes(system: type[QuorumSystem[Sort]]) -> list[Diagnostic]:
    """What is wrong with the declaration of a quorum system, and of those that it joins."""
    found: list[Diagnostic] = []
    try:
        found += [
            Diagnostic(
                "bad-quorum",
                title,
                class_span(system),
                "not a quorum system yet",
                help,
                system.__name__,
            )
            for title, help in _said_wrongly(system)
        ]
        if issubclass(system, Joint) and not found:
            for part in dict.fromkeys(system.configurations):
                found += system_mistakes(part)
    except ModelError as error:  # in a predicate
        found += error.diagnostics
    return found


def _said_wrongly(system: type[QuorumSystem[Sort]]) -> list[tuple[str, str]]:
    """Titles and what to write instead. Raises ModelError for a predicate that cannot be read."""
    name = system.__name__
    kind = next(b for b in system.__mro__ if is_kind(b) and issubclass(b, QuorumSystem))
    base = kind.__name__.partition("[")[0]
    if not (isinstance(of := getattr(system, "of", None), type) and issubclass(of, Sort)):
        return [(f"{name} does not say of what", f"write `class {name}({base}[Acceptor])`")]
    if system.misfits:
        return list(system.misfits)
    if any(not hasattr(system, keyword) for keyword in system.keywords):
        return [
            (
                f"{name} does not say which sets are quorums",
                f"write `class {name}({base}[{of.__name__}], {kind.example})`",
            )
        ]
    if issubclass(system, Predicate) and system.is_quorum is Predicate.is_quorum:
        signature = f"def is_quorum(self, q: Set[{of.__name__}]) -> bool"
        return [(f"{name} does not say which sets are quorums", f"define `{signature}`")]
    if found := list(system.mistakes()):
        return found
    if issubclass(system, Predicate):
        from .predicates import predicate

        predicate(system)
    try:
        list(zip(range(1), system.subsets(3), strict=False))
    except NotImplementedError:
        return [(f"{name} does not say which sets are quorums", "define `subsets(cls, n)`")]
    except FunctionError as error:
        return [(f"{name} cannot say which sets are quorums: {error}", system.hint)]
    except SizeError:
        pass  # three is not its number
    except Exception as error:
        return [(f"{name} cannot say which sets are quorums: {error}", system.hint)]
    return [
        (f"{name} meets {other.__name__}, whose members are of another sort", "")
        for other in system.meets
        if getattr(other, "of", None) is not of
    ]
