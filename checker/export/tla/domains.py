"""Sorts, types, constants and elements in TLA+.

| Python | TLA+ |
|---|---|
| `class Acceptor(Sort)` | a constant, a set of model values |
| `class Ballot(Ordered, bottom="never")` | `1..MaxBallot`, with `never == 0` below it |
| `class Index(Nat)` | `0..MaxIndex` |
| `class Delta(Int, low=-3, high=3)` | `-3..3` |
| an enum | a set of strings |
| `T | None` | `T \\cup {None}`, None a model value |
| `A | B` | `[A : A] \\cup [B : B]`: a record whose only field says of which type the value is |
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from quorate.checker.errors import InputError
from quorate.model.language import Int, Message, Ordered, Protocol, QuorumSystem, Sort
from quorate.model.language.declare.protocol import KINDS, Variable
from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    MessagesType,
    NatType,
    OptionType,
    QuorumType,
    Record,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleRecord,
    Type,
)
from quorate.model.language.declare.unions import UnionType, class_of
from quorate.model.language.declare.values import FrozenMap

from .layout import cat
from .names import Names, distinct
from .terms import (
    ATOM,
    FALSE,
    SET,
    TRUE,
    Term,
    apply,
    function,
    number,
    operand,
    record_of,
    set_of,
    tuple_of,
    union,
)

NONE = Term("None")


@dataclass
class Domains:
    """The TLA+ names of a protocol's declarations, and which of them the module has used so far."""

    protocol: type[Protocol]
    variables: tuple[Variable, ...]
    names: Names = field(default_factory=Names)
    sorts: set[Any] = field(default_factory=set)
    enums: dict[type[enum.Enum], None] = field(default_factory=dict)
    ranges: dict[type[Int], None] = field(default_factory=dict)
    records: dict[type[Record], Term] = field(default_factory=dict)
    systems: dict[type[QuorumSystem[Any]], None] = field(default_factory=dict)
    elements: dict[Sort, str] = field(default_factory=dict)
    bottoms: set[type[Ordered]] = field(default_factory=set)
    helpers: set[str] = field(default_factory=set)
    none: bool = False
    walked: bool = False  # whether something ranges over sequences
    tag: str = ""

    def __post_init__(self) -> None:
        self.names_of_class()
        fields = {n for m in self.messages() for n in fields_of(m).values()}
        tags = ("type", "mtype", "message_type", "type_of_message")
        self.tag = next(t for t in tags if t not in fields)

    @cached_property
    def _mentioned(self) -> dict[str, type]:
        return self.protocol.sorts()

    def names_of_class(self) -> None:
        """Give names in an order in which the protocol's own come before those made from them."""
        for name, sort in self._mentioned.items():
            self.names.give(sort, name)
        for v in self.variables:
            self.names.give(("self", v.name), v.name)
        for kind in KINDS:
            for name in self.protocol.methods(kind):
                self.names.give(("self", name), name)

    def messages(self) -> list[type[Record]]:
        return [
            m for v in self.variables if isinstance(v.type, MessagesType) for m in v.type.messages
        ]

    def own(self, name: str) -> str:
        """The name of a variable, which may be primed, an action, a helper or a property."""
        if name.endswith("'"):
            return f"{self.own(name[:-1])}'"
        return self.names.known(("self", name))

    def budgets(self) -> list[str]:
        """The faults that actions name."""
        return list(self.protocol.budgets())

    def budget(self, fault: str) -> Term:
        """The variable that says how often a fault may still happen."""
        return Term(self.names.give(("budget", fault), f"{fault}_left"))

    def most(self, fault: str) -> Term:
        """The constant that says how often a fault may happen at all."""
        return Term(self.names.give(("most", fault), f"Max{fault.capitalize()}"))

    def helper(self, name: str, *args: Term) -> Term:
        """A call of an operator that the module defines when it needs it."""
        self.helpers.add(name)
        return apply(name, *args)

    # ------------------------------------------------------------ sorts

    def sort(self, sort: Any) -> Term:
        self.sorts.add(sort)
        return Term(self.names.give(sort, sort.__name__))

    def largest(self, sort: Any) -> str:
        """The constant that says how many elements an ordered sort or a number range has."""
        self.sorts.add(sort)
        return self.names.give(("Max", sort), f"Max{sort.__name__}")

    def bottom(self, sort: type[Ordered]) -> Term:
        self.sorts.add(sort)
        self.bottoms.add(sort)
        assert sort.bottom is not None
        others = [s for s in self._mentioned.values() if s is not sort]
        shared = any(getattr(s, "bottom", None) == sort.bottom for s in others)
        wanted = f"{sort.bottom}_{sort.__name__}" if shared else sort.bottom
        return Term(self.names.give(("bottom", sort), wanted))

    def range(self, sort: type[Int]) -> Term:
        self.ranges[sort] = None
        return Term(self.names.give(sort, sort.__name__))

    def enum(self, kind: Any) -> Term:
        self.enums[kind] = None
        return Term(self.names.give(kind, kind.__name__))

    def system(self, system: type[QuorumSystem[Any]]) -> Term:
        self.systems[system] = None
        self.sort(system.of)
        return Term(self.names.give(system, system.__name__))

    # ------------------------------------------------------------ types

    def proper(self, t: Type) -> Term:
        """What a parameter or a bound variable of the type ranges over: no bottom."""
        self.walked = self.walked or _has_sequences(t)
        if isinstance(t, UnionType):
            return union([self.alternative(x, self.proper(x)) for x in t.alternatives])
        return self.sort(t.sort) if isinstance(t, SortType) else self.values(t)

    def values(self, t: Type) -> Term:
        """Every value of the type."""
        match t:
            case BoolType():
                return Term("BOOLEAN")
            case SortType(sort):
                if issubclass(sort, Ordered) and sort.bottom is not None:
                    return union([self.sort(sort), set_of([self.bottom(sort)])])
                return self.sort(sort)
            case NatType(sort):
                return Term("Nat") if sort is None else self.sort(sort)
            case IntType(sort):
                return Term("Int") if sort is None else self.range(sort)
            case EnumType(kind):
                return self.enum(kind)
            case QuorumType(system):
                return self.system(system)
            case OptionType(inner):
                self.none = True
                return union([self.values(inner), set_of([NONE])])
            case UnionType(alternatives):
                return union([self.alternative(x, self.values(x)) for x in alternatives])
            case RecordType(record) if issubclass(record, TupleRecord):
                return _product([self.values(x) for x in t.fields.values()])
            case RecordType(record):
                return self.record(record)
            case SetType(element):
                return Term(cat("SUBSET ", operand(self.values(element), SET + 1)), SET)
            case SeqType(element, length):
                assert length.sort is not None
                most = Term(self.largest(length.sort))
                return self.helper("BoundedSeq", self.values(element), most)
            case MapType(keys, value):
                return self.functions(keys, self.values(value))
        raise InputError(f"{self.protocol.__name__}: a value of type {t} has no form in TLA+")

    def field_of(self, alternative: Type) -> str:
        """The field that holds a value of a union if it is of this type."""
        return distinct([class_of(alternative).__name__])[class_of(alternative).__name__]

    def alternative(self, t: Type, values: Term) -> Term:
        """`[A : values]`: those values of a union that are of one type."""
        return record_of([(self.field_of(t), values)], " :")

    def one_of(self, t: Type, value: Term) -> Term:
        """A value as one of a union of which its type is an alternative."""
        return record_of([(self.field_of(t), value)])

    def functions(self, keys: Iterable[Type], values: Term) -> Term:
        """`[K \\X L -> V]`: the maps with these keys."""
        return Term(cat("[", self.product(keys).doc, " -> ", values.doc, "]"))

    def product(self, keys: Iterable[Type]) -> Term:
        return _product([self.proper(k) for k in keys])

    def record(self, record: type[Record]) -> Term:
        """The set of all records of a class, as a definition of the module."""
        if record not in self.records:
            self.records[record] = self.record_set(record)
        return Term(self.names.give(record, record.__name__))

    def record_set(self, record: type[Record]) -> Term:
        names = fields_of(record)
        fields = [(names[n], self.values(t)) for n, t in record.field_types().items()]
        if issubclass(record, Message):
            fields.insert(0, (self.tag, set_of([self.word(record)])))
        return record_of(fields, " :") if fields else set_of([tuple_of([])])

    # ------------------------------------------------------------ values

    def word(self, message: type[Record]) -> Term:
        """The string that stands for a class of messages."""
        return text_of(distinct(m.__name__ for m in self.messages())[message.__name__])

    def new(self, record: type[Record], values: Iterable[Term]) -> Term:
        if issubclass(record, TupleRecord):
            return tuple_of(list(values))
        fields = list(zip(fields_of(record).values(), values, strict=True))
        if issubclass(record, Message):
            fields.insert(0, (self.tag, self.word(record)))
        return record_of(fields) if fields else tuple_of([])

    def constant(self, value: Any, t: Type | None = None) -> Term:
        """A Python value; its type is needed for the maps in it."""
        inner = t.inner if isinstance(t, OptionType) else t
        if isinstance(inner, UnionType) and (kind := inner.of(value)) is not None:
            return self.one_of(kind, self.constant(value, kind))
        match value:
            case None:
                self.none = True
                return NONE
            case bool():
                return TRUE if value else FALSE
            case enum.Enum():
                return text_of(_word(value))
            case int():
                return number(value)
            case Ordered():
                return self.bottom(type(value)) if value.index < 0 else number(value.index + 1)
            case Sort():
                self.sort(type(value))
                self.elements[value] = self.names.give(value, repr(value))
                return Term(self.elements[value])
            case Record() if not isinstance(value, TupleRecord):
                types = value.field_types().values()
                parts = [self.constant(x, ft) for x, ft in zip(value, types, strict=True)]
                return self.new(type(value), parts)
            case tuple() if isinstance(inner, RecordType):
                pairs = zip(value, inner.fields.values(), strict=True)
                return tuple_of([self.constant(x, ft) for x, ft in pairs])
            case tuple():
                return tuple_of([self.constant(x, _element(inner)) for x in value])
            case frozenset():
                members = sorted(value, key=repr)
                return set_of([self.constant(x, _element(inner)) for x in members])
            case FrozenMap() if isinstance(inner, MapType) and len(set(value.values())) == 1:
                cell = self.constant(next(iter(value.values())), inner.value)
                return function(cat("k \\in ", self.product(inner.keys).doc), cell)
        raise InputError(f"{self.protocol.__name__}: the value {value!r} has no form in TLA+")


def _product(terms: list[Term]) -> Term:
    """`A \\X B`."""
    if len(terms) == 1:
        return terms[0]
    parts = [operand(t, ATOM) for t in terms]
    return Term(cat(parts[0], *(cat(" \\X ", p) for p in parts[1:])), SET)


def _has_sequences(t: Type) -> bool:
    match t:
        case SeqType():
            return True
        case OptionType(inner) | SetType(inner) | MapType(_, inner):
            return _has_sequences(inner)
        case UnionType(alternatives):
            return any(map(_has_sequences, alternatives))
        case RecordType():
            return any(map(_has_sequences, t.fields.values()))
    return False


def fields_of(record: type[Record]) -> dict[str, str]:
    """What the fields of a record are called in TLA+, in their order."""
    names = distinct(record.field_names())
    return {n: names[n] for n in record.field_names()}


def text_of(text: str) -> Term:
    """A string."""
    return Term(f'"{text}"')


def _word(member: enum.Enum) -> str:
    """The string that stands for a member: its value, if those of the enum can be strings."""
    values = [m.value for m in type(member)]
    plain = all(isinstance(v, str) and v.isprintable() and v.isascii() for v in values)
    if plain and not any(c in v for v in values for c in '"\\'):
        return str(member.value)
    return distinct(m.name for m in type(member))[member.name]


def enum_members(kind: type[enum.Enum]) -> Term:
    return set_of([text_of(_word(m)) for m in kind])


def _element(t: Type | None) -> Type | None:
    return t.element if isinstance(t, (SetType, SeqType)) else None
