"""Core expressions to ground values: quantifiers unrolled, constants folded, one state read.

Each expression is compiled once to a closure over an environment of ground values. A quantifier's
result is remembered by the values of the names (down to the fields) that occur in it, so nested
quantifiers over messages cost what their distinct arguments cost.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from quorate.model.language.declare.types import (
    EnumType,
    MapType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
    key_values,
)
from quorate.model.language.diagnostics import Span
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import occurrences, walk

from .layout import Layout, shift
from .nodes import Bool, Node, Scalar
from .values import Bits, Entries, Fields, Items, Present, Value

# A quantifier over messages looks at each payload by itself, up to so many under one key.
MOST_PAYLOADS = 32

Env = dict[str, Value]
Closure = Callable[[Env], Value]


@dataclass(frozen=True)
class Undefined:
    """An operation without a value (a field of None, a position past the end), and when."""

    when: Bool
    span: Span
    what: str


class Evaluator:
    """Evaluates core expressions over the cells of one state, given a layout.

    `undefined` collects, for the expression under way, what has no value and when.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout, self.g, self.v = layout, layout.graph, layout.values
        self.description = layout.description
        self.undefined: list[Undefined] = []
        self._path: list[Bool] = []
        self._closures: dict[int, tuple[c.Expr, Closure]] = {}
        self._states: dict[tuple[str, Any], Value] = {}

    def value(self, e: c.Expr, env: Env) -> Value:
        """The ground value of an expression."""
        return self.closure(e)(env)

    def closure(self, e: c.Expr) -> Closure:
        """The expression compiled, once."""
        if id(e) not in self._closures:
            make = getattr(self, f"_{type(e).__name__.lower()}")
            self._closures[id(e)] = (e, make(e))
        return self._closures[id(e)][1]

    # ------------------------------------------------------------ undefinedness

    def _no_value(self, when: Bool, span: Span, what: str) -> None:
        condition = self.g.and_([*self._path, when])
        if condition is not False:
            self.undefined.append(Undefined(condition, span, what))

    def _under(self, condition: Bool, closure: Closure, env: Env) -> Value:
        self._path.append(condition)
        try:
            return closure(env)
        finally:
            self._path.pop()

    # ------------------------------------------------------------ leaves

    def _var(self, e: c.Var) -> Closure:
        name = e.name
        return lambda env: env[name]

    def _lit(self, e: c.Lit) -> Closure:
        value = self.v.constant(e.value, e.type)
        return lambda env: value

    def _read(self, e: c.Read) -> Closure:
        variable = self.description.variable(e.variable)
        types = variable.type.keys if isinstance(variable.type, MapType) else ()
        keys = [(self.closure(k), t) for k, t in zip(e.keys, types, strict=True)]

        def read(env: Env) -> Value:
            codes = [self.key_code(k(env), t, e.span) for k, t in keys]
            return self.cell(variable.name, self.layout.key_index(variable, codes))

        return read

    def key_code(self, key: Value, t: Type, span: Span) -> Scalar:
        """The position of a key among the proper elements of its type."""
        code = self.v.code(key, t)
        first = shift(t)
        real = self.g.and_([self.g.less_eq(first, code), self.v.fits(key, t)])
        self._no_value(self.g.not_(real), span, f"there is no cell for this key: {t}")
        return self.g.sub(self.g.select(real, code, first), first)

    def cell(self, variable: str, index: Scalar) -> Value:
        """The ground value of one cell of a variable."""
        known = (variable, index)
        if known not in self._states:
            _, t = self.layout.keyed(self.description.variable(variable))
            loads = iter([self.g.load(col, index) for col in self.layout.parts[variable]])
            self._states[known] = self._assemble(t, loads)
        return self._states[known]

    def _assemble(self, t: Type, parts: Iterator[Scalar]) -> Value:
        """The inverse of `Values.parts`."""
        g = self.g
        match t:
            case OptionType(inner) if not self.v.is_scalar(t):
                present = g.isin(next(parts), 2)
                return Present(present, self._assemble(inner, parts))
            case RecordType():
                return Fields(tuple(self._assemble(f, parts) for f in t.fields.values()))
            case SetType(element):
                return Bits(tuple(g.isin(next(parts), 2) for _ in self.v.members_of(element)))
            case SeqType(element, _):
                length = next(parts)
                longest = self.v.longest(t)
                return Items(length, tuple(self._assemble(element, parts) for _ in range(longest)))
            case MapType(keys, inner):
                return Entries(tuple(self._assemble(inner, parts) for _ in key_values(keys)))
        scalar = next(parts)
        return g.isin(scalar, 2) if t == c.BOOL else scalar

    def _sent(self, e: c.Sent) -> Closure:
        message = self.closure(e.message)
        assert isinstance(e.message.type, RecordType)
        column = self.layout.messages[e.variable, e.message.type.record]

        def sent(env: Env) -> Bool:
            index, number, possible = column.locate(message(env).values)
            return self.g.and_([possible, self.g.eq(self.g.load(column.column, index), number)])

        return sent

    # ------------------------------------------------------------ records, options, maps

    def _some(self, e: c.Some) -> Closure:
        of = self.closure(e.of)
        if not self.v.is_scalar(e.type):
            return lambda env: Present(True, of(env))
        inner = e.of.type
        return lambda env: self.g.add(self.v.code(of(env), inner), 1)

    def _unwrap(self, e: c.Unwrap) -> Closure:
        of, t = self.closure(e.of), e.type
        what = f"None where a {t} is wanted"
        if not self.v.is_scalar(t):

            def inner(env: Env) -> Value:
                value = of(env)
                self._no_value(self.g.not_(value.present), e.span, what)
                return value.inner

            return inner

        def less_one(env: Env) -> Value:
            code = of(env)
            none = self.g.eq(code, 0)
            self._no_value(none, e.span, what)
            return self.v.decode(self.g.sub(self.g.select(none, 1, code), 1), t)

        return less_one

    def _field(self, e: c.Field) -> Closure:
        of = self.closure(e.of)
        optional = isinstance(e.of.type, OptionType)
        record = e.of.type.inner if isinstance(e.of.type, OptionType) else e.of.type
        assert isinstance(record, RecordType)
        position = list(record.fields).index(e.name)

        def field(env: Env) -> Value:
            value = of(env)
            if optional:
                self._no_value(self.g.not_(value.present), e.span, f"None has no `{e.name}`")
                value = value.inner
            return value.values[position]

        return field

    def _makerecord(self, e: c.MakeRecord) -> Closure:
        args = [self.closure(a) for a in e.args]
        return lambda env: Fields(tuple(a(env) for a in args))

    def _makemap(self, e: c.MakeMap) -> Closure:
        body, name = self.closure(e.body), e.var.name
        keys = self.v.proper(e.var.type)
        return lambda env: Entries(tuple(body({**env, name: k}) for k in keys))

    def _at(self, e: c.At) -> Closure:
        of, index = self.closure(e.of), self.closure(e.index)
        t = e.of.type

        def at(env: Env) -> Value:
            value = of(env)
            if isinstance(t, SeqType):
                position = index(env)
                self._no_value(
                    self.g.less_eq(value.length, position), e.span, "past the end of the sequence"
                )
                return self._pick(value.items, position, e.type)
            assert isinstance(t, MapType)
            code = self.key_code(index(env), t.keys[0], e.span)
            return self._pick(value.values, code, e.type)

        return at

    def _pick(self, items: tuple[Value, ...], position: Scalar, t: Type) -> Value:
        if not isinstance(position, Node):
            return items[position] if position < len(items) else self.v.zero(t)
        found = items[0] if items else self.v.zero(t)
        for i, item in enumerate(items[1:], start=1):
            found = self.v.choose(self.g.eq(position, i), item, found, t)
        return found

    # ------------------------------------------------------------ sequences

    def _makeseq(self, e: c.MakeSeq) -> Closure:
        items = [self.closure(x) for x in e.items]
        assert isinstance(e.type, SeqType)
        return lambda env: Items(len(items), tuple(x(env) for x in items))

    def _prefix(self, e: c.Prefix) -> Closure:
        of, count = self.closure(e.of), self.closure(e.count)
        assert isinstance(e.type, SeqType)
        element = e.type.element

        def prefix(env: Env) -> Items:
            value, n = of(env), count(env)
            shorter = self.g.less(n, value.length)
            length = self.g.select(shorter, n, value.length)
            zero = self.v.zero(element)
            kept = [
                self.v.choose(self.g.less(i, n), item, zero, element)
                for i, item in enumerate(value.items)
            ]
            return Items(length, tuple(kept))

        return prefix

    def _suffix(self, e: c.Suffix) -> Closure:
        of, count = self.closure(e.of), self.closure(e.count)
        assert isinstance(e.type, SeqType)
        element = e.type.element

        def suffix(env: Env) -> Items:
            value, n = of(env), count(env)
            left = self.g.less(n, value.length)
            length = self.g.select(left, self.g.sub(value.length, n), 0)
            zero = self.v.zero(element)
            padded = value.items + (zero,) * len(value.items)
            moved = [
                self._pick(tuple(padded[i : i + len(value.items) + 1]), n, element)
                for i in range(len(value.items))
            ]
            return Items(length, tuple(moved))

        return suffix

    def _concat(self, e: c.Concat) -> Closure:
        left, right = self.closure(e.left), self.closure(e.right)
        assert isinstance(e.type, SeqType)
        element = e.type.element

        def concat(env: Env) -> Items:
            a, b = left(env), right(env)
            items = []
            for i in range(len(a.items) + len(b.items)):
                item = a.items[i] if i < len(a.items) else self.v.zero(element)
                # Past the end of `a` comes item i - len(a) of `b`.
                for k in range(min(i, len(a.items)) + 1):
                    if i - k < len(b.items):
                        item = self.v.choose(self.g.eq(a.length, k), b.items[i - k], item, element)
                items.append(item)
            return Items(self.g.add(a.length, b.length), tuple(items))

        return concat

    def _len(self, e: c.Len) -> Closure:
        of, t = self.closure(e.of), e.of.type
        if isinstance(t, SeqType):
            return lambda env: of(env).length
        return lambda env: self.g.total(map(self.g.number, self.bits(of(env), t)))

    # ------------------------------------------------------------ sets

    def bits(self, value: Value, t: Type) -> tuple[Bool, ...]:
        """The membership conditions of a set or quorum."""
        if isinstance(t, QuorumType):
            return self.v.members(value, t).members
        return value.members  # type: ignore[no-any-return]

    def _makeset(self, e: c.MakeSet) -> Closure:
        items = [self.closure(x) for x in e.items]
        assert isinstance(e.type, SetType)
        element = e.type.element

        def make(env: Env) -> Bits:
            values = [x(env) for x in items]
            for value in values:
                self._check_member(value, element, e.span)
            members = self.v.candidates(element)
            return Bits(
                tuple(self.g.or_(self.v.same(x, m, element) for x in values) for m in members)
            )

        return make

    def _check_member(self, value: Value, t: Type, span: Span) -> None:
        what = f"a number beyond its range, as a member of a set: {t}"
        self._no_value(self.g.not_(self.v.fits(value, t)), span, what)

    def _setop(self, e: c.SetOp) -> Closure:
        left, right = self.closure(e.left), self.closure(e.right)
        lt, rt, g = e.left.type, e.right.type, self.g
        operations: dict[str, Callable[[Bool, Bool], Bool]] = {
            "|": lambda p, q: g.or_([p, q]),
            "&": lambda p, q: g.and_([p, q]),
            "-": lambda p, q: g.and_([p, g.not_(q)]),
        }
        combine = operations[e.op]

        def operate(env: Env) -> Bits:
            pairs = zip(self.bits(left(env), lt), self.bits(right(env), rt), strict=True)
            return Bits(tuple(combine(p, q) for p, q in pairs))

        return operate

    def _setcomp(self, e: c.SetComp) -> Closure:
        condition, element = self.closure(e.condition), self.closure(e.element)
        t = e.element.type

        def make(env: Env) -> Bits:
            found: list[tuple[Bool, Value]] = []
            for premise, inner in self.bound(e.binders, env):
                holds = self.g.and_([premise, self._under(premise, condition, inner)])
                if holds is not False:
                    value = self._under(holds, element, inner)
                    self._path.append(holds)
                    self._check_member(value, t, e.span)
                    self._path.pop()
                    found.append((holds, value))
            members = self.v.candidates(t)
            return Bits(
                tuple(
                    self.g.or_(self.g.and_([p, self.v.same(x, m, t)]) for p, x in found)
                    for m in members
                )
            )

        return make

    def _member(self, e: c.Member) -> Closure:
        element = e.item.type
        if isinstance(e.of, c.MakeSet):
            return self._one_of(e.item, e.of.items, element)
        item, of, t = self.closure(e.item), self.closure(e.of), e.of.type

        def member(env: Env) -> Bool:
            value, container = item(env), of(env)
            if isinstance(t, SeqType):
                return self.g.or_(
                    self.g.and_([self.g.less(i, container.length), self.v.same(value, x, element)])
                    for i, x in enumerate(container.items)
                )
            members = self.v.candidates(element)
            pairs = zip(self.bits(container, t), members, strict=True)
            return self.g.or_(
                self.g.and_([bit, self.v.same(value, m, element)]) for bit, m in pairs
            )

        return member

    def _one_of(self, item: c.Expr, others: tuple[c.Expr, ...], element: Type) -> Closure:
        one, rest = self.closure(item), [self.closure(x) for x in others]

        def member(env: Env) -> Bool:
            value = one(env)
            return self.g.or_([self.v.same(value, x(env), element) for x in rest])

        return member

    def _subset(self, e: c.Subset) -> Closure:
        left, right = self.closure(e.left), self.closure(e.right)
        lt, rt = e.left.type, e.right.type

        def subset(env: Env) -> Bool:
            pairs = zip(self.bits(left(env), lt), self.bits(right(env), rt), strict=True)
            return self.g.and_(self.g.or_([self.g.not_(p), q]) for p, q in pairs)

        return subset

    # ------------------------------------------------------------ numbers, comparisons

    def _arith(self, e: c.Arith) -> Closure:
        left, right, g = self.closure(e.left), self.closure(e.right), self.g
        if e.op == "+":
            return lambda env: g.add(left(env), right(env))

        def subtract(env: Env) -> Scalar:
            x, y = left(env), right(env)
            negative = g.less(x, y)
            self._no_value(negative, e.span, "a number below 0")
            return g.select(negative, 0, g.sub(x, y))

        return subtract

    def _eq(self, e: c.Eq) -> Closure:
        left, right, t = self.closure(e.left), self.closure(e.right), e.left.type
        if isinstance(t, (QuorumType, SetType)):
            lt, rt = e.left.type, e.right.type

            def equal(env: Env) -> Bool:
                pairs = zip(self.bits(left(env), lt), self.bits(right(env), rt), strict=True)
                return self.g.and_(self.g.iff(p, q) for p, q in pairs)

            return equal
        return lambda env: self.v.same(left(env), right(env), t)

    def _less(self, e: c.Less) -> Closure:
        left, right = self.closure(e.left), self.closure(e.right)
        return lambda env: self.g.less(left(env), right(env))

    def _lesseq(self, e: c.LessEq) -> Closure:
        left, right = self.closure(e.left), self.closure(e.right)
        return lambda env: self.g.less_eq(left(env), right(env))

    # ------------------------------------------------------------ connectives

    def _not(self, e: c.Not) -> Closure:
        arg = self.closure(e.arg)
        return lambda env: self.g.not_(arg(env))

    def _and(self, e: c.And) -> Closure:
        return self._connective(e.args, stop=False)

    def _or(self, e: c.Or) -> Closure:
        return self._connective(e.args, stop=True)

    def _connective(self, args: tuple[c.Expr, ...], stop: bool) -> Closure:
        closures = [self.closure(a) for a in args]
        g = self.g
        join = g.or_ if stop else g.and_

        def evaluate(env: Env) -> Bool:
            depth = len(self._path)
            found: list[Bool] = []
            try:
                for closure in closures:
                    p = closure(env)
                    if p is stop:
                        return bool(stop)
                    found.append(p)
                    self._path.append(g.not_(p) if stop else p)
                return join(found)
            finally:
                del self._path[depth:]

        return evaluate

    def _ite(self, e: c.Ite) -> Closure:
        test, then, orelse = self.closure(e.test), self.closure(e.then), self.closure(e.orelse)
        t = e.type

        def evaluate(env: Env) -> Value:
            p = test(env)
            if not isinstance(p, Node):
                return then(env) if p else orelse(env)
            yes = self._under(p, then, env)
            no = self._under(self.g.not_(p), orelse, env)
            return self.v.choose(p, yes, no, t)

        return evaluate

    # ------------------------------------------------------------ quantifiers

    def _quant(self, e: c.Quant) -> Closure:
        body, g, forall = self.closure(e.body), self.g, e.forall
        join = g.and_ if forall else g.or_
        equalities = _equalities(e)

        def evaluate(env: Env) -> Bool:
            found: list[Bool] = []
            for premise, inner in self.bound(e.binders, env, equalities):
                holds = self._under(premise, body, inner)
                if forall:
                    holds = g.or_([g.not_(premise), holds])
                else:
                    holds = g.and_([premise, holds])
                if holds is not forall:
                    found.append(holds)
                    if holds is (not forall):
                        break
            return join(found)

        return self._remembered(e, evaluate)

    def _count(self, e: c.Count) -> Closure:
        condition = self.closure(e.condition)

        def evaluate(env: Env) -> Scalar:
            return self.g.total(
                self.g.number(self.g.and_([premise, self._under(premise, condition, inner)]))
                for premise, inner in self.bound(e.binders, env)
            )

        return self._remembered(e, evaluate)

    def _remembered(self, e: c.Expr, evaluate: Closure) -> Closure:
        """Evaluate once for each distinct value of what occurs free in the expression."""
        paths = sorted(free_paths(e))
        known: dict[tuple[Any, ...], tuple[Value, list[Undefined]]] = {}
        fields = {p: _positions(e, p) for p in paths}

        def remember(env: Env) -> Value:
            key = tuple(_project(env[p[0]], fields[p]) for p in paths)
            if key not in known:
                outer_undefined, outer_path = self.undefined, self._path
                self.undefined, self._path = [], []
                try:
                    value = evaluate(env)
                    known[key] = (value, self.undefined)
                finally:
                    self.undefined, self._path = outer_undefined, outer_path
            value, undefined = known[key]
            for u in undefined:
                self._no_value(u.when, u.span, u.what)
            return value

        return remember

    def bound(
        self,
        binders: tuple[c.Binder, ...],
        env: Env,
        equalities: dict[str, list[tuple[str, c.Expr]]] | None = None,
        so_far: Bool = True,
    ) -> Iterator[tuple[Bool, Env]]:
        """Every choice of values for the binders that may exist, and when it does."""
        if not binders:
            yield so_far, env
            return
        first, *rest = binders
        known = (equalities or {}).get(first.var.name, [])
        depth = len(self._path)
        self._path.append(so_far)
        try:
            if first.when is not None:
                self._path.append(self.value(first.when, env))
            choices = list(self._choices(first, env, known))
        finally:
            del self._path[depth:]
        for premise, value in choices:
            inner = {**env, first.var.name: value}
            both = self.g.and_([so_far, premise])
            yield from self.bound(tuple(rest), inner, equalities, both)

    def _choices(
        self, b: c.Binder, env: Env, known: list[tuple[str, c.Expr]]
    ) -> Iterator[tuple[Bool, Value]]:
        match b.domain:
            case c.OverType(type=t):
                for value in self.v.proper(t):
                    yield True, value
            case c.OverSent(variable=variable, record=record):
                yield from self._messages(variable, record, env, known)
            case c.OverMembers(of=of):
                value, t = self.value(of, env), of.type
                if isinstance(t, SeqType):
                    for i, item in enumerate(value.items):
                        if (inside := self.g.less(i, value.length)) is not False:
                            yield inside, item
                else:
                    members = self.v.candidates(b.var.type)
                    for bit, member in zip(self.bits(value, t), members, strict=True):
                        if bit is not False:
                            yield bit, member
            case c.OverRange(lower=lower, upper=upper):
                low, high = self.value(lower, env), self.value(upper, env)
                for k in range(high.size - 1 if isinstance(high, Node) else high):
                    inside = self.g.and_([self.g.less_eq(low, k), self.g.less(k, high)])
                    if inside is not False:
                        yield inside, k

    def _messages(
        self, variable: str, record: type, env: Env, known: list[tuple[str, c.Expr]]
    ) -> Iterator[tuple[Bool, Value]]:
        """The messages of a class that may have been sent; `known` fields equal expressions."""
        column = self.layout.messages[variable, record]
        fixed: dict[int, int] = {}
        names = [s.name for s in column.spaces]
        for name, e in known:
            i = names.index(name)
            value, t = self.value(e, env), column.spaces[i].type
            code = self.v.code(value, t)
            if not isinstance(code, Node):
                code -= column.spaces[i].proper
                if code < 0 or not self.v.fits(value, t) or fixed.setdefault(i, code) != code:
                    return
        payloads = self._numbers(column.payload, column.spaces, fixed)
        for index in self._numbers(column.key, column.spaces, fixed):
            cell = self.g.load(column.column, index)
            if len(payloads) > MOST_PAYLOADS:
                # One message with symbolic fields, rather than one for every payload.
                present = self.g.not_(self.g.isin(cell, 1))
                number = self.g.select(present, self.g.sub(cell, 1), 0)
                yield present, Fields(column.fields(index, number))
                continue
            for payload in payloads:
                present = self.g.eq(cell, payload + 1)
                if present is not False:
                    yield present, Fields(column.fields(index, payload))

    def _numbers(self, which: list[int], spaces: list[Any], fixed: dict[int, int]) -> list[int]:
        """The mixed-radix numbers of these fields that agree with the fixed digits."""
        found, weight = [0], 1
        for i in which:
            digits = [fixed[i]] if i in fixed else range(spaces[i].size)
            found = [n + d * weight for d in digits for n in found]
            weight *= spaces[i].size
        return found


def _equalities(e: c.Quant) -> dict[str, list[tuple[str, c.Expr]]]:
    """For each message variable: `m.field == expression` that its messages must satisfy.

    Only expressions over names bound before m count. The one-point rule: others are not looked at.
    """
    conjuncts: list[c.Expr] = []
    if e.forall:
        for part in e.body.args if isinstance(e.body, c.Or) else (e.body,):
            if isinstance(part, c.Not):
                conjuncts += part.arg.args if isinstance(part.arg, c.And) else [part.arg]
            elif _partial(part):
                break
    else:
        conjuncts += e.body.args if isinstance(e.body, c.And) else [e.body]
    # A message that is not looked at is not one for which an earlier conjunct has no value.
    conjuncts = list(itertools.takewhile(lambda x: not _partial(x), conjuncts))
    found: dict[str, list[tuple[str, c.Expr]]] = {}
    later = {b.var.name for b in e.binders}
    for b in e.binders:
        if isinstance(b.domain, c.OverSent):
            for conjunct in conjuncts:
                found.setdefault(b.var.name, []).extend(_pins(conjunct, b.var.name, later))
        later.discard(b.var.name)
    return found


def _pins(conjunct: c.Expr, name: str, unbound: set[str]) -> Iterator[tuple[str, c.Expr]]:
    if not isinstance(conjunct, c.Eq):
        return
    for one, other in ((conjunct.left, conjunct.right), (conjunct.right, conjunct.left)):
        match one:
            case c.Field(of=c.Var(name=n), name=field) if n == name:
                if not {p[0] for p in free_paths(other)} & unbound and not _partial(other):
                    yield field, other


def _partial(e: c.Expr) -> bool:
    """Whether an expression may have no value."""
    return any(map(_may_fail, walk(e)))


def _may_fail(e: Any) -> bool:
    match e:
        case c.At() | c.Arith(op="-") | c.MakeSet() | c.SetComp() | c.Unwrap():
            return True
        case c.Read(keys=keys):
            return any(shift(k.type) or not isinstance(k.type, (SortType, EnumType)) for k in keys)
        case c.Field(of=of):
            return isinstance(of.type, OptionType)
    return False


def free_paths(e: Any) -> frozenset[tuple[str, ...]]:
    """The names that occur free, each with the fields that are taken of it."""
    return frozenset(path for _, path in occurrences(e, _path))


def _path(e: Any) -> tuple[str, tuple[str, ...]] | None:
    """The name and the fields of `name.field.field`, where `name` is a record."""
    chain, root = [], e
    while isinstance(root, c.Field):
        chain.append(root.name)
        root = root.of
    if not isinstance(root, c.Var) or (chain and not isinstance(root.type, RecordType)):
        return None
    return root.name, (root.name, *reversed(chain))


def _positions(e: c.Expr, path: tuple[str, ...]) -> list[int]:
    """The field positions that a path follows, from the type of its variable."""
    if len(path) == 1:
        return []
    var = next(n for n in walk(e) if isinstance(n, c.Var) and n.name == path[0])
    t: Type = var.type
    found = []
    for name in path[1:]:
        if not isinstance(t, RecordType):
            break  # a field of an option: the whole option is looked at
        found.append(list(t.fields).index(name))
        t = t.fields[name]
    return found


def _project(value: Value, positions: list[int]) -> Value:
    for position in positions:
        value = value.values[position]
    return value
