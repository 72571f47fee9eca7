"""The grammar of candidate invariants: quantifier prefixes, and literals over their variables.

Everything comes from the description: its sorts, quorum systems, message classes and variables,
and the conditions in its guards and properties, with variables renamed. In Schultz, Dardik,
Tripakis: Plain and Simple Inductive Invariant Inference for Distributed Protocols in TLA+ (FMCAD
2022), §4, the user gives such a grammar; here it is derived from the protocol.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from quorate.checker.ground.proper import always_proper
from quorate.model.language.declare.quorums import QuorumSystem
from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    MapType,
    MessagesType,
    OptionType,
    QuorumType,
    Record,
    RecordType,
    SetType,
    SortType,
    Type,
)
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import alike, exists
from quorate.model.language.ir.traverse import free, substituted, walk

from .expressions import base
from .variable_names import VariableNames

MOST_LITERALS = 160  # of one prefix, the simplest; those about members of a quorum come on top
MOST_ABOUT_MEMBERS = 40  # conditions on one member of a quorum; their pairs are literals too
MOST_BINDERS = 4


@dataclass(frozen=True)
class CandidateTerm:
    """A value that literals compare; `looks` counts the reads of variables in it."""

    expr: c.Expr
    looks: int = 0
    proper: bool = False  # never the bottom of its sort, so that it can be a key
    constant: bool = False

    @property
    def type(self) -> Type:
        return self.expr.type


@dataclass(frozen=True)
class Literal:
    """A condition; the higher its cost, the later it is considered."""

    expr: c.Expr
    cost: int


@dataclass(frozen=True)
class QuantifierPrefix:
    """The beginning of a candidate: for all values of these variables."""

    binders: tuple[c.Binder, ...]
    cost: int

    @property
    def quorum(self) -> c.Var | None:
        """The variable that stands for a quorum, if there is one."""
        found = [b.var for b in self.binders if isinstance(b.var.type, QuorumType)]
        return found[0] if found else None

    @property
    def messages(self) -> int:
        return sum(isinstance(b.domain, c.OverSent) for b in self.binders)


class CandidateGrammar:
    """Prefixes and literals of one description."""

    def __init__(self, description: c.Description) -> None:
        self.description = description
        self.proper = always_proper(description)
        self.names = VariableNames(description)

    # ------------------------------------------------------------ prefixes

    @cached_property
    def prefixes(self) -> list[QuantifierPrefix]:
        """The simplest first."""
        found = []
        for messages in self._message_choices():
            room = MOST_BINDERS - len(messages)
            for counts in itertools.product(
                *[range(3 if not messages else 2) for _ in self.names.sorts]
            ):
                for system in (None, *self.names.systems):
                    extra = 1 if system is not None else 0
                    most = room if len(messages) < 2 else 0
                    if not len(messages) + sum(counts) + extra >= 1 or sum(counts) > most:
                        continue
                    if system is not None and len(messages) == 2:
                        continue
                    found.append(self._prefix(messages, counts, system))
        return sorted(found, key=lambda p: p.cost)

    def _message_choices(self) -> Iterator[tuple[tuple[str, type[Record]], ...]]:
        for n in range(3):
            yield from itertools.combinations_with_replacement(self.names.messages, n)

    def _prefix(
        self,
        messages: Sequence[tuple[str, type[Record]]],
        counts: Sequence[int],
        system: type[QuorumSystem[Any]] | None,
    ) -> QuantifierPrefix:
        binders = [
            c.Binder(
                var=c.Var(name=name, type=RecordType(record)),
                domain=c.OverSent(variable=variable, record=record),
            )
            for name, (variable, record) in zip("mn", messages, strict=False)
        ]
        for sort, count in zip(self.names.sorts, counts, strict=True):
            for name in self.names.of(sort)[:count]:
                t = SortType(sort)
                binders.append(c.Binder(var=c.Var(name=name, type=t), domain=c.OverType(type=t)))
        if system is not None:
            q = QuorumType(system)
            name = self.names.of(system)[0]
            binders.append(c.Binder(var=c.Var(name=name, type=q), domain=c.OverType(type=q)))
        cost = 3 * len(messages) + 2 * sum(counts) + 3 * (system is not None)
        return QuantifierPrefix(tuple(binders), cost)

    # ------------------------------------------------------------ literals

    def literals(self, prefix: QuantifierPrefix) -> list[Literal]:
        """Conditions over the variables of a prefix, the simplest first."""
        variables = [b.var for b in prefix.binders]
        most = 2 if prefix.messages < 2 and len(variables) <= 3 else 1
        found = [*self._atoms(self._terms(variables), most), *self._mined(variables)]
        if prefix.quorum is not None:
            found += self._subsets(variables, prefix.quorum)
        return _simplest(found, MOST_LITERALS)

    def member(self, prefix: QuantifierPrefix) -> c.Binder:
        """A variable for a member of the prefix's quorum."""
        q = prefix.quorum
        assert q is not None and isinstance(q.type, QuorumType)
        used = {b.var.name for b in prefix.binders}
        name = next(n for n in self.names.of(q.type.system.of) if n not in used)
        var = c.Var(name=name, type=SortType(q.type.system.of))
        return c.Binder(var=var, domain=c.OverMembers(of=q))

    def about_member(self, prefix: QuantifierPrefix) -> list[Literal]:
        """Conditions on a member of the prefix's quorum."""
        a = self.member(prefix).var
        variables = [b.var for b in prefix.binders if b.var != prefix.quorum]
        atoms = self._atoms(self._terms([*variables, a]), 1)
        return _simplest([x for x in atoms if a.name in free(x.expr)], MOST_ABOUT_MEMBERS)

    # ------------------------------------------------------------ terms

    def _terms(self, variables: Sequence[c.Var]) -> list[CandidateTerm]:
        plain: list[CandidateTerm] = []
        for v in variables:
            match v.type:
                case SortType():
                    plain.append(CandidateTerm(v, proper=True))
                case RecordType(record):
                    plain += self._fields(v, record, variables)
        found = list(plain)
        for variable in self.description.variables:
            found += self._reads(variable.name, variable.type, plain)
        return found + [CandidateTerm(e, constant=True) for e in self._constants(found)]

    def _fields(
        self, v: c.Var, record: type[Record], variables: Sequence[c.Var]
    ) -> Iterator[CandidateTerm]:
        for name, t in record.field_types().items():
            of = c.Field(of=v, name=name, type=t)
            if isinstance(t, MapType):
                for key in variables:
                    if t.keys == (key.type,):
                        yield CandidateTerm(c.At(of=of, index=key, type=t.value))
            elif isinstance(t, (SortType, OptionType, EnumType, BoolType)):
                yield CandidateTerm(of, proper=(record, name) in self.proper or _always_proper(t))

    def _reads(self, name: str, t: Type, plain: Sequence[CandidateTerm]) -> Iterator[CandidateTerm]:
        if isinstance(t, MessagesType):
            return
        keys, value = (t.keys, t.value) if isinstance(t, MapType) else ((), t)
        choices = [[p.expr for p in plain if p.proper and p.type == k] for k in keys]
        for row in itertools.product(*choices):
            yield CandidateTerm(c.Read(variable=name, keys=row, type=value), looks=1)

    def _constants(self, terms: Sequence[CandidateTerm]) -> Iterator[c.Expr]:
        for t in dict.fromkeys(x.type for x in terms):
            if isinstance(t, OptionType):
                yield c.Lit(value=None, type=t)
            inner = t.inner if isinstance(t, OptionType) else t
            if isinstance(inner, EnumType):
                yield from (c.Lit(value=m, type=inner) for m in inner.enum)
            if isinstance(inner, SortType) and inner.bottom is not None:
                yield c.Lit(value=inner.sort(-1), type=inner)

    # ------------------------------------------------------------ atoms

    def _atoms(self, terms: Sequence[CandidateTerm], most: int) -> Iterator[Literal]:
        for x, y in itertools.combinations(terms, 2):
            if x.looks + y.looks <= most and not (x.constant and y.constant):
                yield from self._compared(x, y)
        for x in terms:
            if x.type == c.BOOL and not x.constant:
                yield Literal(x.expr, 1 + x.looks)
            if isinstance(x.type, SetType):
                yield from self._members(x, terms, most)
        yield from self._sent(terms, most)

    def _compared(self, x: CandidateTerm, y: CandidateTerm) -> Iterator[Literal]:
        cost = 1 + x.looks + y.looks
        s, t = base(x.type), base(y.type)
        if s != t or not isinstance(s, (SortType, EnumType)):
            return
        for one, other in ((x, y), (y, x)):
            if one.proper and other.constant:
                return  # a proper element is no bottom and no None
            if _is_none(one.expr) and not isinstance(other.type, OptionType):
                return
        left, right = alike(x.expr, y.expr)
        yield Literal(c.Eq(left=left, right=right, type=c.BOOL), cost)
        if not isinstance(s, SortType) or not s.ordered or x.constant or y.constant:
            return
        if x.type == y.type:
            yield Literal(c.Less(left=x.expr, right=y.expr, type=c.BOOL), cost)
            yield Literal(c.Less(left=y.expr, right=x.expr, type=c.BOOL), cost)

    def _members(
        self, of: CandidateTerm, terms: Sequence[CandidateTerm], most: int
    ) -> Iterator[Literal]:
        assert isinstance(of.type, SetType)
        element = of.type.element
        items = [t for t in terms if t.type == element and not t.constant]
        rows: Iterable[tuple[c.Expr, int]] = [(t.expr, t.looks) for t in items]
        if isinstance(element, RecordType):
            rows = self._records(element.record, terms)
        for item, looks in rows:
            if looks < most:
                yield Literal(c.Member(item=item, of=of.expr, type=c.BOOL), 2 + looks)

    def _records(
        self, record: type[Record], terms: Sequence[CandidateTerm]
    ) -> Iterator[tuple[c.Expr, int]]:
        choices = [
            [t for t in terms if t.type == f and not t.constant]
            for f in record.field_types().values()
        ]
        for row in itertools.product(*choices):
            args = tuple(t.expr for t in row)
            made = c.MakeRecord(record=record, args=args, type=RecordType(record))
            yield made, sum(t.looks for t in row)

    def _sent(self, terms: Sequence[CandidateTerm], most: int) -> Iterator[Literal]:
        """That a message with some of these fields was sent."""
        for variable, record in self.names.messages:
            choices: list[list[CandidateTerm | None]] = []
            names = []
            for name, t in record.field_types().items():
                if isinstance(base(t), (SortType, EnumType)):
                    names.append(name)
                    same = [x for x in terms if base(x.type) == base(t)]
                    fits = [
                        x
                        for x in same
                        if not x.constant
                        or (isinstance(base(t), EnumType) and not _is_none(x.expr))
                    ]
                    choices.append([None, *(x for x in fits if x.looks <= most)])
            for row in itertools.product(*choices):
                given = {n: t for n, t in zip(names, row, strict=True) if t is not None}
                if given and sum(t.looks for t in given.values()) <= most:
                    yield self._message(variable, record, given)

    def _message(
        self, variable: str, record: type[Record], given: Mapping[str, CandidateTerm]
    ) -> Literal:
        types = record.field_types()
        cost = 2 + sum(t.looks for t in given.values())
        if all(n in given and given[n].type == t for n, t in types.items()):
            args = tuple(given[n].expr for n in types)
            message = c.MakeRecord(record=record, args=args, type=RecordType(record))
            return Literal(c.Sent(variable=variable, message=message, type=c.BOOL), cost)
        x = c.Var(name=f"x.{record.__name__}", type=RecordType(record))
        parts = []
        for name, term in given.items():
            left, right = alike(c.Field(of=x, name=name, type=types[name]), term.expr)
            parts.append(c.Eq(left=left, right=right, type=c.BOOL))
        binder = c.Binder(var=x, domain=c.OverSent(variable=variable, record=record))
        return Literal(exists((binder,), parts), cost + 1)

    def _subsets(self, variables: Sequence[c.Var], q: c.Var) -> Iterator[Literal]:
        for t in self._terms(variables):
            if isinstance(t.type, SetType) and t.type.element == SortType(q.type.system.of):  # type: ignore[attr-defined]
                yield Literal(c.Subset(left=q, right=t.expr, type=c.BOOL), 3)

    # ------------------------------------------------------------ conditions of the protocol

    def _mined(self, variables: Sequence[c.Var]) -> Iterator[Literal]:
        """Quantified conditions of guards and properties, over these variables."""
        terms = [t for t in self._terms(variables) if t.looks == 0 and not t.constant]
        terms += [
            CandidateTerm(v) for v in variables if isinstance(v.type, (RecordType, QuorumType))
        ]
        for shape in self._shapes:
            names = sorted(free(shape).items())
            choices = [[t.expr for t in terms if t.type == v.type] for _, v in names]
            for row in itertools.product(*choices):
                if len(set(row)) == len(row):
                    put = dict(zip((n for n, _ in names), row, strict=True))
                    yield Literal(substituted(shape, put), 3 + len(row))

    @cached_property
    def _shapes(self) -> list[c.Expr]:
        bodies: list[Any] = [p.body for p in self.description.properties]
        for action in self.description.actions:
            bodies += [g.condition for g in action.guards]
        found: dict[c.Expr, None] = {}
        for body in bodies:
            for node in walk(body):
                if isinstance(node, c.Quant) and 1 <= len(free(node)) <= 3:
                    found[node] = None
                    for whole in _some_quorum(node):
                        found[whole] = None
        return list(found)


def _some_quorum(e: c.Expr) -> Iterator[c.Expr]:
    """The condition of some quorum, where it is one on a quorum: that is what an action leaves."""
    for v in free(e).values():
        if isinstance(v.type, QuorumType) and len(free(e)) > 1:
            yield exists((c.Binder(var=v, domain=c.OverType(type=v.type)),), [e])


# ---------------------------------------------------------------- expressions


def _is_none(e: c.Expr) -> bool:
    return isinstance(e, c.Lit) and e.value is None


def _always_proper(t: Type) -> bool:
    return isinstance(t, SortType) and t.bottom is None


def _simplest(found: Iterable[Literal], most: int) -> list[Literal]:
    cheapest: dict[c.Expr, Literal] = {}
    for x in found:
        if x.expr not in cheapest or x.cost < cheapest[x.expr].cost:
            cheapest[x.expr] = x
    return sorted(cheapest.values(), key=lambda x: x.cost)[:most]
