"""The symbols of a protocol for any number of elements: sorts, state functions, message relations.

`T | None` is the sort of T with one element more, `none`, which nothing of type T is; the same
holds of an order's bottom. Numbers, truth values and records have none to spare: see values.py. A
message class is a relation over its fields; one with maps among them has a row for each key: Padon,
Losa, Sagiv, Shoham: Paxos Made EPR (OOPSLA 2017) has such relations.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import z3

from quorate.checker.prove.quorums.counted import said_by
from quorate.errors import ProtocolError
from quorate.model.language.declare.quorums import BySize
from quorate.model.language.declare.sorts import Ordered, Sort
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
    Type,
    in_flight,
)
from quorate.model.language.diagnostics import NOWHERE, Span
from quorate.model.language.frontend.source import annotation_span
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import walk

from .logic import Atom, Cases, Formula, Term, choice, conj, single
from .messages import Relation, from_columns, in_columns
from .values import SequenceValue, Value, held, parts

# No name of a description has a space in it: what is made up here has.
ORDER = "le "


class UnsupportedError(ProtocolError):
    """A construct that proofs for any size do not cover (yet): the text says which, and where."""

    def __init__(self, what: str, span: Span = NOWHERE) -> None:
        super().__init__(f"not supported by proofs for any size: {what}")
        self.what, self.span = what, span


@dataclass
class Signature:
    """The symbols of one description, and the axioms about those that no step changes.

    They are made in a `context` of Z3 that is theirs, and numbered there: what else the process
    proves changes neither names nor the order of terms.
    """

    description: c.Description
    context: z3.Context = field(default_factory=z3.Context)
    sorts: dict[type, Any] = field(default_factory=dict)
    orders: dict[type, Any] = field(default_factory=dict)
    nones: dict[type, Any] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    sets: dict[str, Any] = field(default_factory=dict)
    sequences: dict[SeqType, dict[str, Any]] = field(default_factory=dict)
    ranges: dict[type, Any] = field(default_factory=dict)
    relations: dict[type, Relation] = field(default_factory=dict)
    members: dict[type, Any] = field(default_factory=dict)
    elements: dict[Sort, Any] = field(default_factory=dict)
    signed: bool = False  # whether there are numbers of a fixed range
    _enumerations: dict[tuple[type, bool], dict[Any, Any]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        for node in self._types():
            self._note_options(node)
        for v in (*self.description.variables, *self.description.protocol.variables().values()):
            if in_flight(v.type) is not None:
                what = f"messages that are gone once they are delivered (`{v.name}`)"
                raise UnsupportedError(what, annotation_span(v.owner, v.name))
        for v in self.description.variables:
            if isinstance(v.type, MessagesType):
                for record in v.type.messages:
                    self.relations[record] = self._relation(record)
            else:
                self._cell(v.name, v.type)

    def fresh(self, name: str, sort: Any) -> Term:
        """A constant of a name that nothing else in this signature has."""
        return z3.Const(f"{name}!{next(self._numbers)}", sort)

    def fresh_number(self, name: str) -> Term:
        """The same, of a number."""
        return self.fresh(name, z3.IntSort(self.context))

    # ------------------------------------------------------------ sorts

    def sort(self, t: Type, span: Span = NOWHERE) -> Any:
        """The Z3 sort that holds the values of a type. Raises UnsupportedError."""
        match t:
            case BoolType():
                return z3.BoolSort(self.context)
            case SortType(sort):
                return self._uninterpreted(sort)
            case QuorumType(system):
                return self._uninterpreted(system)
            case EnumType(kind):
                return next(iter(self._members(kind, kind in self.nones).values())).sort()
            case NatType() | IntType():
                return z3.IntSort(self.context)
            case SeqType():
                self._sequences(t, span)
                return z3.DeclareSort(str(t), self.context)
            case OptionType(inner) if isinstance(inner, (SortType, EnumType)):
                return self.sort(inner)
        kinds = {"RecordType": "records", "OptionType": "optional values", "UnionType": "unions"}
        raise UnsupportedError(f"{kinds.get(type(t).__name__, 'values')} of type {t}", span)

    def _uninterpreted(self, sort: type) -> Any:
        if sort not in self.sorts:
            if any(s.__name__ == sort.__name__ for s in self.sorts):
                raise UnsupportedError(f"two sorts of the name {sort.__name__}")
            self.sorts[sort] = z3.DeclareSort(sort.__name__, self.context)
        return self.sorts[sort]

    def _sequences(self, t: SeqType, span: Span = NOWHERE) -> dict[str, Any]:
        """The functions that say what a sequence in a message holds."""
        if t not in self.sequences:
            self.sequences[t] = self._functions(
                str(t), [z3.DeclareSort(str(t), self.context)], t, span
            )
        return self.sequences[t]

    def _functions(
        self, symbol: str, keys: list[Any], t: Type, span: Span = NOWHERE
    ) -> dict[str, Any]:
        found = {}
        for name, (positions, of) in parts(t).items():
            if positions > 1:
                raise UnsupportedError(f"sequences in a value of type {t}", span)
            sorts = [*keys, *[z3.IntSort(self.context)] * positions, self.sort(of, span)]
            found[name] = z3.Function(f"{symbol}{name}", *sorts)
        return found

    def message(self, relation: Relation, row: Sequence[Term]) -> dict[str, Value]:
        """The fields of a message by its columns."""
        given = {n: x for (n, _), x in zip(relation.columns, row, strict=True)}
        return {n: from_columns(given, t, n, self.column) for n, t in relation.fields.items()}

    def columns(self, relation: Relation, fields: Mapping[str, Value]) -> dict[str, Value]:
        """The columns of a message by its fields."""
        parts = [in_columns(fields[n], t, n, self.truth) for n, t in relation.fields.items()]
        return {n: x for part in parts for n, x in part.items()}

    def column(self, x: Term, t: Type) -> Value:
        """The value of which a column of a message holds `x`."""
        if not isinstance(t, SeqType):
            return single(x)
        of = held(self._sequences(t), t, [x])
        assert isinstance(of, SequenceValue)
        return SequenceValue(of.length, of.item, x)

    def largest(self, sort: type) -> Term:
        """The largest number of a range: any, so that what is proved holds whatever it is."""
        return self.ranges.setdefault(sort, z3.Int(f"largest {sort.__name__}", self.context))

    @property
    def counts(self) -> bool:
        """Whether there are numbers."""
        return bool(self.ranges) or self.signed

    def literal(self, value: Any, t: Type, span: Span = NOWHERE) -> Term:
        """A constant of the language. Raises UnsupportedError."""
        if isinstance(t, OptionType):
            if value is None:
                return self.none(t.inner)
            t = t.inner
        if isinstance(value, bool):
            return z3.BoolVal(value, self.context)
        if isinstance(value, int):
            return self.number(value)
        if isinstance(value, enum.Enum):
            return self._members(type(value), type(value) in self.nones)[value]
        if isinstance(value, Ordered) and value.index < 0:
            return self.bottom(type(value))
        if isinstance(value, Sort):
            return self.element(type(value), value.index)
        raise UnsupportedError(f"the constant {value!r}", span)

    def truth(self, f: Formula) -> Cases:
        """A condition as a value."""
        if isinstance(f, Atom) and f.positive:
            return single(f.term)
        yes, no = (single(z3.BoolVal(x, self.context)) for x in (True, False))
        return choice(f, yes, no)

    def number(self, value: int) -> Term:
        """A number."""
        return z3.IntVal(value, self.context)

    def _members(self, kind: type[enum.Enum], optional: bool) -> dict[Any, Term]:
        """The members of an enumeration, and perhaps None, as constants of one sort."""
        key = (kind, optional)
        if key not in self._enumerations:
            members = [*kind, *([None] if optional else [])]
            names = [f"{kind.__name__}.{m.name if m is not None else 'None'}" for m in members]
            # Z3 keeps one enumeration per name.
            unique = f"{kind.__qualname__}!{len(self._enumerations)}"
            _, constants = z3.EnumSort(unique, names, self.context)
            self._enumerations[key] = dict(zip(members, constants, strict=True))
        return self._enumerations[key]

    def element(self, sort: type[Sort], index: int) -> Term:
        """A named element."""
        value = sort(index)
        name = f"{sort.__name__}.{value!r}"
        return self.elements.setdefault(value, z3.Const(name, self._uninterpreted(sort)))

    def none(self, inner: Type) -> Term:
        """The element that stands for None in the sort of `inner`."""
        if isinstance(inner, EnumType):
            return self._members(inner.enum, True)[None]
        if not isinstance(inner, SortType):
            raise UnsupportedError(f"values of type {inner} | None")
        return z3.Const(f"none {inner.sort.__name__}", self.sort(inner))

    def bottom(self, sort: type[Ordered]) -> Term:
        """The least element of an order."""
        return z3.Const(f"{sort.__name__}.{sort.bottom}", self._uninterpreted(sort))

    def values(self, t: Type) -> list[Term] | None:
        """The values of a finite type; None for a type of any size."""
        if isinstance(t, OptionType) and isinstance(t.inner, EnumType):
            return list(self._members(t.inner.enum, True).values())
        if isinstance(t, EnumType):
            return [self.literal(m, t) for m in t.enum]
        return [self.literal(m, t) for m in (False, True)] if isinstance(t, BoolType) else None

    def constants(self) -> list[Term]:
        """Bottoms, Nones and one element of each sort: sorts are not empty.

        The largest numbers of ranges are terms of what speaks of them (`cases.ground_terms`).
        """
        found = [self.bottom(s) for s in self.sorts if issubclass(s, Ordered) and s.bottom]
        found += [self.none(SortType(s)) for s in self.nones if issubclass(s, Sort)]
        found += self.elements.values()
        return found + [z3.Const(f"some {s.__name__}", z) for s, z in self.sorts.items()]

    # ------------------------------------------------------------ what is a value of a type

    def proper(self, x: Term, t: Type) -> Formula:
        """That `x` is what a parameter or loop of this type ranges over: no None, no bottom."""
        if isinstance(t, QuorumType) and not issubclass(said_by(t.system), BySize):
            # Sorts are not empty, but there may be numbers of members that make no quorum.
            return Atom(z3.Bool(f"there are {t.system.__name__}", self.context))
        if not isinstance(t, SortType):
            return self.typed(x, t)
        rest = self.typed(x, t)
        if t.bottom is None:
            return rest
        return conj([rest, Atom(x == self.bottom(t.sort), False)])  # type: ignore[arg-type]

    def typed(self, x: Term, t: Type) -> Formula:
        """That `x` is a value of this type."""
        if isinstance(t, SortType) and t.sort in self.nones:
            return Atom(x == self.none(t), False)
        if isinstance(t, EnumType) and t.enum in self.nones:
            return Atom(x == self.none(t), False)
        if isinstance(t, NatType) and t.sort is not None:
            return conj([Atom(x >= 0), Atom(x <= self.largest(t.sort))])
        if isinstance(t, IntType) and t.sort is not None:
            return conj([Atom(x >= t.sort.low), Atom(x <= t.sort.high)])
        return True

    def less_equal(self, x: Term, y: Term, t: Type) -> Formula:
        """That `x` is not above `y`."""
        if x.eq(y):
            return True
        if isinstance(t, NatType | IntType):
            return Atom(x <= y)
        assert isinstance(t, SortType), t
        return Atom(self.order(t.sort)(x, y))

    def order(self, sort: type) -> Any:
        """The order of a sort's elements as a relation."""
        if sort not in self.orders:
            z = self._uninterpreted(sort)
            self.orders[sort] = z3.Function(
                f"{ORDER}{sort.__name__}", z, z, z3.BoolSort(self.context)
            )
        return self.orders[sort]

    def is_member(self, x: Term, quorum: Term, system: type) -> Formula:
        """That `x` is in a quorum."""
        if system not in self.members:
            of = self._uninterpreted(system.of)  # type: ignore[attr-defined]
            sorts = (of, self._uninterpreted(system), z3.BoolSort(self.context))
            self.members[system] = z3.Function(f"in {system.__name__}", *sorts)
        return Atom(self.members[system](x, quorum))

    # ------------------------------------------------------------ state

    def _types(self) -> list[Type]:
        found: list[Type] = []
        for v in self.description.variables:
            found.append(v.type)
        nodes = [p.body for p in self.description.properties]
        for action in (*self.description.inits, *self.description.actions):
            nodes += [g.condition for g in action.guards]
            for effect in action.effects:
                nodes += [effect.when, *_written(effect)]
        found += [e.type for n in nodes for e in walk(n) if isinstance(e, c.Expr)]
        return found

    def _note_options(self, t: Type) -> None:
        match t:
            case OptionType(SortType(sort)):
                self.nones[sort] = True
            case OptionType(EnumType(kind)):
                self.nones[kind] = True
            case MapType(_, inner) | OptionType(inner) | SetType(inner) | SeqType(inner, _):
                self._note_options(inner)
            case RecordType():
                for inner in t.fields.values():
                    self._note_options(inner)
            case NatType(sort) if sort is not None:
                self.largest(sort)
            case IntType():
                self.signed = True
            case MessagesType(messages):
                for record in messages:
                    for inner in record.field_types().values():
                        self._note_options(inner)

    def _cell(self, name: str, t: Type) -> None:
        keys, value = (t.keys, t.value) if isinstance(t, MapType) else ((), t)
        try:
            sorts = [self.sort(k) for k in keys]
            symbol = f"self.{name}"
            if isinstance(value, SetType):
                element = self.sort(value.element)
                self.sets[name] = z3.Function(symbol, *sorts, element, z3.BoolSort(self.context))
            else:
                self.parts[name] = self._functions(symbol, sorts, value)
        except UnsupportedError as error:
            raise UnsupportedError(
                f"{error.what} (variable `{name.removeprefix('self.')}`)"
            ) from None

    def _relation(self, record: type[Record]) -> Relation:
        keys = {t.keys for t in record.field_types().values() if isinstance(t, MapType)}
        if len(keys) > 1 or any(len(k) > 1 for k in keys):
            raise UnsupportedError(f"maps with several keys (message {record.__name__})")
        key = next(iter(keys))[0] if keys else None
        found = Relation(record, None, key)
        try:
            sorts = [self.sort(t) for _, t in found.columns]
        except UnsupportedError as error:
            raise UnsupportedError(f"{error.what} (message {record.__name__})") from None
        symbol = z3.Function(record.__name__, *sorts, z3.BoolSort(self.context))
        return Relation(record, symbol, key)


def cell_type(t: Type) -> Type:
    """What a variable of this type holds: for a map, at each key."""
    return t.value if isinstance(t, MapType) else t


def _written(effect: c.Effect) -> list[c.Expr]:
    if isinstance(effect, c.Write):
        return [*effect.keys, effect.value]
    return [effect.message]
