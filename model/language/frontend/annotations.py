"""Annotations: the types inside them, and what to write instead of one that is not a type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from quorate._spelling import nearest
from quorate.model import language
from quorate.model.language.declare.types import (
    IntType,
    MapType,
    NatType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    TupleRecord,
    Type,
)
from quorate.model.language.declare.unions import UnionType

TYPES = (
    "types are sorts, `Sort | None`, `A | B`, bool, enums, records, Nat and Int sorts, Map[...], "
    "Set[...], Seq[..., ...], tuple[...], quorum systems and Messages[...]"
)


def old_hint(parameter: str) -> str:
    """What to write of a parameter called `old` that has no type of the language."""
    if parameter != "old":
        return ""
    return "the state before a step is known to a @step_property alone"


def import_hint(name: str) -> str:
    """How to come by a name of the modelling language that was not imported; "" of another."""
    known = name in language.__all__
    return f"write `from quorate.model.language import {name}`" if known else ""


def type_hint(
    text: str, error: Exception | None = None, scope: Mapping[str, object] | None = None
) -> str:
    """What to write instead of an annotation that starts like `text`.

    The error is that of evaluating it; `scope` has what it may name.
    """
    name = text.partition("[")[0]
    if isinstance(error, NameError):
        name = error.name or name
        if hint := import_hint(name):
            return hint
        types = [known for known, value in (scope or {}).items() if isinstance(value, type)]
        if (near := nearest(name, types)) is not None:
            return f"did you mean `{near}`?"
    if name.startswith("Seq of length"):
        return "its longest length is in a range: `class Length(Nat): ...`"
    if name.startswith("a union with"):
        return (
            "`isinstance` tells apart sorts, enums and records, none of which is based on another"
        )
    if name.startswith("Messages of"):
        return f"declare the class of its messages: `class {name.split()[-1]}(Message): ...`"
    return {
        "dict": "write `Map[Key, Value]`",
        "set": "write `Set[Sort]`",
        "frozenset": "write `Set[Sort]`",
        "list": "write `Seq[Sort, Length]`, where `class Length(Nat): ...` bounds it",
        "tuple": "write `tuple[A, B]` for a pair, `Seq[Sort, Length]` for a sequence",
        "Const": "write `Const[...]` around the whole type of a variable",
        "str": "declare a sort: `class Name(Sort): ...`",
        "float": "numbers are whole and bounded: `class Count(Nat): ...`",
        "Optional": "write `Sort | None`",
        "Message": "name a class of messages of your own: `class Prepare(Message): ...`",
        "Record": "name a class of records of your own: `class Entry(Record): ...`",
        "Sort": "declare a sort of your own: `class Acceptor(Sort): ...`",
        "Ordered": "declare a sort of your own: `class Ballot(Ordered): ...`",
        "Majority": "declare a system of your own: `class Quorum(Majority[Acceptor]): ...`",
        "Int": "declare a range of your own: `class Delta(Int, low=-3, high=3): ...`",
        "Nat": "declare a range of your own: `class Count(Nat): ...`",
        "Map with one argument": "write `Map[Key, Value]`",
        "Seq with one argument": "write `Seq[Sort, Length]`, where `class Length(Nat): ...`",
    }.get(name, TYPES)


def quoted(reason: str) -> str:
    """An annotation as shown in a sentence: in backquotes, unless it is in words."""
    return reason if " of " in reason or " with " in reason else f"`{reason}`"


def inner_types(t: Type | None) -> Iterator[Type]:
    """A type and the types inside it, but not those of the fields of a class of records."""
    if t is None:
        return
    yield t
    match t:
        case OptionType(inner) | SetType(inner):
            yield from inner_types(inner)
        case SeqType(inner, length):
            yield from inner_types(inner)
            yield length
        case MapType(keys, value):
            for part in (*keys, value):
                yield from inner_types(part)
        case UnionType(alternatives):
            for part in alternatives:
                yield from inner_types(part)
        case RecordType(record) if issubclass(record, TupleRecord):
            for part in t.fields.values():
                yield from inner_types(part)


def unnamed_system(t: Type | None) -> str | None:
    """A quorum system without a name of its own, such as the type `Majority[Acceptor]`."""
    for part in inner_types(t):
        if isinstance(part, QuorumType) and "_abstract" in vars(part.system):
            return part.system.__name__
    return None


def unbounded(t: Type) -> str | None:
    """The unbounded part of a type, if any."""
    match t:
        case NatType(None):
            return "number"
        case IntType(None):
            return "number"
        case OptionType(inner) | SetType(inner) | SeqType(inner, _) | MapType(_, inner):
            return unbounded(inner)
        case RecordType(record) if issubclass(record, TupleRecord):
            return next(filter(None, map(unbounded, t.fields.values())), None)
    return None
