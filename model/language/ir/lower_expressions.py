"""From expressions of the surface IR to expressions of the core IR: inlined, in normal form."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.queues import ends_of, fifo_of, queue_type
from quorate.model.language.declare.types import (
    MapType,
    MessagesType,
    NatType,
    RecordType,
    SeqType,
    SetType,
    Type,
)
from quorate.model.language.diagnostics import NOWHERE, Span

from . import core as c
from . import surface as s
from .build import TRUE, as_one, coerce, conjunction, is_any, negation
from .definedness import surely_defined
from .queues import flying, in_queue
from .relations import INTEGER, join, set_type, signed_apart
from .traverse import walk

NUMBER = NatType(None)

# The meaning of the names of the surface IR, by their `uid`.
Env = Mapping[int, c.Expr]


def placed(e: c.Expr, span: Span) -> c.Expr:
    """An expression with this span, which its parts get too if they have none."""
    if isinstance(e, c.Not) and e.arg.span == NOWHERE:
        e = replace(e, arg=placed(e.arg, span))
    elif isinstance(e, (c.And, c.Or)):
        e = replace(e, args=tuple(placed(x, span) if x.span == NOWHERE else x for x in e.args))
    return replace(e, span=span)


@dataclass
class ExpressionLowering:
    """Translates expressions. Every variable that it binds gets a new number in its name."""

    numbers: Any = field(default_factory=itertools.count)

    def fresh(self, name: str, t: Type, span: Span) -> c.Var:
        """A variable with a name of its own."""
        return c.Var(name=f"{name}.{next(self.numbers)}", type=t, span=span)

    def coerced(self, e: s.Expr, t: Type, env: Env) -> c.Expr:
        """An expression as a value of type t."""
        return coerce(self.expr(e, env), t)

    def expr(self, e: s.Expr, env: Env) -> c.Expr:
        """Translate an expression."""
        method = getattr(self, f"_{type(e).__name__.lower()}")
        found: c.Expr = method(e, env)
        if isinstance(e, s.Local) and found.type != c.BOOL:
            return found  # it is computed, and may be undefined, where the name is bound
        return placed(found, e.span)

    def _name(self, e: s.Name, env: Env) -> c.Expr:
        return env[e.uid]

    def _constant(self, e: s.Constant, env: Env) -> c.Expr:
        return c.Lit(value=e.value, type=e.type)

    def _local(self, e: s.Local, env: Env) -> c.Expr:
        return self.expr(e.value, env)

    def _declared(self, e: s.Declared, env: Env) -> c.Expr:
        return self.coerced(e.of, e.type, env)

    def _stateread(self, e: s.StateRead, env: Env) -> c.Expr:
        keys = self.keys(e.variable, e.keys, env)
        return c.Read(variable=e.variable.name, keys=keys, type=e.type)

    def keys(self, v: Variable, keys: Sequence[s.Expr], env: Env) -> tuple[c.Expr, ...]:
        """The keys of a cell of a map variable."""
        types = v.type.keys if isinstance(v.type, MapType) else ()
        return tuple(self.coerced(k, t, env) for k, t in zip(keys, types, strict=True))

    def _field(self, e: s.Field, env: Env) -> c.Expr:
        of = self.expr(e.of, env)
        if isinstance(of, c.MakeRecord) and all(map(surely_defined, of.args)):
            return of.args[list(of.record.field_types()).index(e.name)]
        return c.Field(of=of, name=e.name, type=e.type)

    def _unwrap(self, e: s.Unwrap, env: Env) -> c.Expr:
        of = self.expr(e.of, env)
        return of.of if isinstance(of, c.Some) else c.Unwrap(of=of, type=e.type)

    def _oneof(self, e: s.OneOf, env: Env) -> c.Expr:
        return c.OneOf(of=self.expr(e.of, env), type=e.type)

    def _as(self, e: s.As, env: Env) -> c.Expr:
        return as_one(self.expr(e.of, env), e.type)

    def _is(self, e: s.Is, env: Env) -> c.Expr:
        return is_any(self.expr(e.of, env), e.kinds)

    def _subscript(self, e: s.Subscript, env: Env) -> c.Expr:
        key = e.of.type.keys[0] if isinstance(e.of.type, MapType) else NUMBER
        return c.At(of=self.expr(e.of, env), index=self.coerced(e.index, key, env), type=e.type)

    def _last(self, e: s.Last, env: Env) -> c.Expr:
        of = self.expr(e.of, env)
        length = c.Len(of=of, type=NUMBER, span=e.span)
        one = c.Lit(value=1, type=NUMBER, span=e.span)
        index = c.Arith(op="-", left=length, right=one, type=NUMBER, span=e.span)
        return c.At(of=of, index=index, type=e.type)

    def _slice(self, e: s.Slice, env: Env) -> c.Expr:
        found = self.expr(e.of, env)
        if e.upper is not None:
            count = self.coerced(e.upper, NUMBER, env)
            found = c.Prefix(of=found, count=count, type=e.type, span=e.span)
        if e.lower is not None:
            count = self.coerced(e.lower, NUMBER, env)
            found = c.Suffix(of=found, count=count, type=e.type, span=e.span)
        return found

    def _new(self, e: s.New, env: Env) -> c.Expr:
        fields = e.record.field_types().values()
        args = tuple(self.coerced(a, t, env) for a, t in zip(e.args, fields, strict=True))
        return c.MakeRecord(record=e.record, args=args, type=e.type)

    def _boolean(self, e: s.Boolean, env: Env) -> c.Expr:
        args = tuple(self.expr(a, env) for a in e.args)
        return conjunction(args) if e.op == "and" else c.Or(args=args, type=c.BOOL)

    def _not(self, e: s.Not, env: Env) -> c.Expr:
        return negation(self.expr(e.arg, env))

    def _truth(self, e: s.Truth, env: Env) -> c.Expr:
        of, within = self.unfolded(e.of, env)
        match of:
            case s.Comprehension(generators=generators):
                binders, conditions, _ = self.generators(generators, within)
                return self._quantifier(False, binders, conditions, TRUE)
            case s.SentMessages() | s.NumberRange():
                return self._quantifier(False, *self._any_of(e, of, within), TRUE)
        count = c.Len(of=self.expr(e.of, env), type=NUMBER, span=e.span)
        zero = c.Lit(value=0, type=NUMBER, span=e.span)
        return c.Less(left=zero, right=count, type=c.BOOL)

    def _compare(self, e: s.Compare, env: Env) -> c.Expr:
        parts, left = [], e.first
        for op, right in e.rest:
            parts.append(placed(self._comparison(op, left, right, env), e.span))
            left = right
        return conjunction(parts)

    def _comparison(self, op: str, left: s.Expr, right: s.Expr, env: Env) -> c.Expr:
        if op in ("in", "not in"):
            found = self._membership(left, right, env)
            return found if op == "in" else negation(found)
        if op in ("==", "!="):
            a, b = self._same_type(left, right, env)
            equal = c.Eq(left=a, right=b, type=c.BOOL)
            return equal if op == "==" else negation(equal)
        if op in (">", ">="):
            left, right, op = right, left, {">": "<", ">=": "<="}[op]
        if set_type(left.type) is not None:
            a, b = self.expr(left, env), self.expr(right, env)
            subset = c.Subset(left=a, right=b, type=c.BOOL)
            proper = negation(c.Subset(left=b, right=a, type=c.BOOL))
            return subset if op == "<=" else conjunction([subset, proper])
        a, b = self._same_type(left, right, env)
        kind = c.Less if op == "<" else c.LessEq
        return kind(left=a, right=b, type=c.BOOL)

    def _same_type(self, left: s.Expr, right: s.Expr, env: Env) -> tuple[c.Expr, c.Expr]:
        t = join(left.type, right.type) or left.type
        return self.coerced(left, t, env), self.coerced(right, t, env)

    def _membership(self, left: s.Expr, right: s.Expr, env: Env) -> c.Expr:
        if isinstance(right, s.SentMessages) and right.record is None:
            message = self.expr(left, env)
            if fifo_of(right.variable.type) is not None:
                return in_queue(right.variable, message)
            return c.Sent(variable=right.variable.name, message=message, type=c.BOOL)
        item = self.expr(left, env)
        written, within = self.unfolded(right, env)
        apart = isinstance(right.type, (SetType, SeqType)) and signed_apart(item.type, right.type)
        if apart and isinstance(written, s.SetOf):
            others = tuple(self.coerced(x, INTEGER, within) for x in written.items)
            of = c.MakeSet(items=others, type=SetType(INTEGER), span=right.span)
            return c.Member(item=coerce(item, INTEGER), of=of, type=c.BOOL)
        if isinstance(right.type, (SetType, SeqType)) and apart:
            return self._one_of(item, self.expr(right, env), right.type.element)
        element = right.type.element if isinstance(right.type, (SetType, SeqType)) else item.type
        return c.Member(item=coerce(item, element), of=self.expr(right, env), type=c.BOOL)

    def _one_of(self, item: c.Expr, of: c.Expr, element: Type) -> c.Expr:
        """`any(x == item for x in of)`, where the item may be no value of the element type."""
        x = self.fresh("x", element, item.span)
        same = c.Eq(left=coerce(x, INTEGER), right=coerce(item, INTEGER), type=c.BOOL)
        binder = c.Binder(var=x, domain=c.OverMembers(of=of))
        return c.Quant(forall=False, binders=(binder,), body=same, type=c.BOOL)

    def _conditional(self, e: s.Conditional, env: Env) -> c.Expr:
        then, orelse = self.coerced(e.then, e.type, env), self.coerced(e.orelse, e.type, env)
        return c.Ite(test=self.expr(e.test, env), then=then, orelse=orelse, type=e.type)

    def _call(self, e: s.Call, env: Env) -> c.Expr:
        return self.expr(e.body, self._arguments(e, env))

    def _arguments(self, e: s.Call, env: Env) -> Env:
        return {
            p.uid: self.coerced(a, p.type, env) for p, a in zip(e.parameters, e.args, strict=True)
        }

    def _length(self, e: s.Length, env: Env) -> c.Expr:
        of, within = self.unfolded(e.of, env)
        if isinstance(of, s.Comprehension) and not isinstance(of.type, SetType):
            binders, conditions, _ = self.generators(of.generators, within, apart=True)
            return c.Count(binders=binders, condition=conjunction(conditions), type=NUMBER)
        if isinstance(of, (s.SentMessages, s.SortRange, s.NumberRange)):
            binders, conditions = self._any_of(e, of, within)
            return c.Count(binders=binders, condition=conjunction(conditions), type=NUMBER)
        return c.Len(of=self.expr(e.of, env), type=NUMBER)

    def _arithmetic(self, e: s.Arithmetic, env: Env) -> c.Expr:
        left, right = self.coerced(e.left, e.type, env), self.coerced(e.right, e.type, env)
        if e.op in ("min", "max"):
            a, b = (left, right) if e.op == "min" else (right, left)
            test = c.LessEq(left=a, right=b, type=c.BOOL, span=e.span)
            return c.Ite(test=test, then=left, orelse=right, type=e.type)
        return c.Arith(op=e.op, left=left, right=right, type=e.type)

    def _extreme(self, e: s.Extreme, env: Env) -> c.Expr:
        binders, conditions, inner = self.generators(e.generators, env)
        condition, element = conjunction(conditions), self.expr(e.element, inner)
        found: c.Expr = c.Extreme(
            op=e.op,
            binders=binders,
            condition=condition,
            element=element,
            keys=tuple(self.expr(k, inner) for k in e.keys),
            type=element.type,
            span=e.span,
        )
        found = coerce(found, e.type)
        if e.default is None:
            return found
        test = self._quantifier(False, binders, [condition], TRUE)
        default = self.coerced(e.default, e.type, env)
        return c.Ite(test=test, then=found, orelse=default, type=e.type)

    def _sequenceof(self, e: s.SequenceOf, env: Env) -> c.Expr:
        assert isinstance(e.type, SeqType)
        items = tuple(self.coerced(x, e.type.element, env) for x in e.items)
        return c.MakeSeq(items=items, type=e.type)

    def _filter(self, e: s.Filter, env: Env) -> c.Expr:
        binders, conditions, _ = self.generators((e.generator,), env)
        return c.Filter(binders=binders, condition=conjunction(conditions), type=e.type)

    def _frozen(self, e: s.Frozen, env: Env) -> c.Expr:
        return self.expr(e.of, env)

    def _concat(self, e: s.Concat, env: Env) -> c.Expr:
        return c.Concat(left=self.expr(e.left, env), right=self.expr(e.right, env), type=e.type)

    def _setof(self, e: s.SetOf, env: Env) -> c.Expr:
        assert isinstance(e.type, SetType)
        items = tuple(self.coerced(x, e.type.element, env) for x in e.items)
        return c.MakeSet(items=items, type=e.type)

    def _setoperation(self, e: s.SetOperation, env: Env) -> c.Expr:
        left, right = self.coerced(e.left, e.type, env), self.coerced(e.right, e.type, env)
        return c.SetOp(op=e.op, left=left, right=right, type=e.type)

    def _comprehension(self, e: s.Comprehension, env: Env) -> c.Expr:
        binders, conditions, inner = self.generators(e.generators, env)
        if e.kind == "dict":
            assert isinstance(e.type, MapType)
            body = self.coerced(e.element, e.type.value, inner)
            return c.MakeMap(var=binders[0].var, body=body, type=e.type)
        element = self.expr(e.element, inner)
        return c.SetComp(
            binders=binders, condition=conjunction(conditions), element=element, type=e.type
        )

    # ------------------------------------------------------------ quantifiers

    def _quantified(self, e: s.Quantified, env: Env) -> c.Expr:
        binders, conditions, inner = self.generators(e.generators, env)
        element = self.expr(e.element, inner)
        return self._quantifier(e.kind == "all", binders, conditions, element)

    def _quantifier(
        self,
        forall: bool,
        binders: tuple[c.Binder, ...],
        conditions: Sequence[c.Expr],
        element: c.Expr,
    ) -> c.Expr:
        if forall and conditions:
            premise = negation(conjunction(conditions))
            body: c.Expr = c.Or(args=(premise, element), type=c.BOOL, span=element.span)
        else:
            body = conjunction([*conditions, element])
        if not binders:
            return body
        return c.Quant(forall=forall, binders=binders, body=body, type=c.BOOL)

    def generators(
        self,
        generators: Sequence[s.Generator],
        env: Env,
        around: Sequence[c.Expr] = (),
        apart: bool = False,
    ) -> tuple[tuple[c.Binder, ...], list[c.Expr], Env]:
        """Binders and conditions of nested generators, and the environment inside them.

        A later generator is evaluated only where the conditions of the earlier ones hold. If
        `apart`, they are counted: a set that a comprehension makes has no member twice.
        """
        inner = dict(env)
        binders: list[c.Binder] = []
        conditions: list[c.Expr] = []
        for g in generators:
            over, outside = self.unfolded(g.iterable, inner)
            if isinstance(over, s.Comprehension) and (not apart or over.each_once):
                before = [*around, *conditions]
                new, more, within = self.generators(over.generators, outside, before, apart)
                binders += new
                conditions += more
                inner[g.name.uid] = self.expr(over.element, within)
            elif isinstance(over, s.SentMessages) and fifo_of(over.variable.type) is not None:
                new, held, inner[g.name.uid] = self._flying(g.name, over)
                if tests := [*around, *conditions]:
                    new = (*new[:-1], replace(new[-1], when=conjunction(tests)))
                binders += new
                conditions.append(held)
            else:
                binder, inner[g.name.uid] = self._bind(g.name, over, outside)
                if not _always_there(binder.domain) and (tests := [*around, *conditions]):
                    binder = replace(binder, when=conjunction(tests))
                binders.append(binder)
            conditions += [self.expr(x, inner) for x in g.conditions]
        return tuple(binders), conditions, inner

    def unfolded(self, e: s.Expr, env: Env) -> tuple[s.Expr, Env]:
        """The value of a local name or a helper call, and the environment of that value."""
        while isinstance(e, (s.Local, s.Call)):
            if isinstance(e, s.Local):
                e = e.value
            else:
                env, e = self._arguments(e, env), e.body
        return e, env

    def _any_of(self, e: s.Expr, of: s.Expr, env: Env) -> tuple[tuple[c.Binder, ...], list[c.Expr]]:
        """Binders over the elements of an expression, which nothing else mentions."""
        t = of.type.element if isinstance(of.type, s.ListType) else of.type
        name = s.Name(name="m", uid=-99, type=t, span=e.span)
        over = (s.Generator(name=name, iterable=of, conditions=()),)
        return self.generators(over, env)[:2]

    def _flying(
        self, name: s.Name, over: s.SentMessages
    ) -> tuple[tuple[c.Binder, ...], c.Expr, c.Expr]:
        """Binders over the messages of a class that are in flight on fifo links."""
        v, record = over.variable, over.record
        assert isinstance(v.type, MessagesType) and record is not None
        a, b = (self.fresh(name.name, t, name.span) for t in ends_of(v.type))
        packet = self.fresh(name.name, queue_type(v.type).element, name.span)
        return flying(v, record, (a, b), packet)

    def _bind(self, name: s.Name, over: s.Expr, env: Env) -> tuple[c.Binder, c.Var]:
        domain: c.Domain
        t = name.type
        match over:
            case s.SortRange(type=t):
                domain = c.OverType(type=t)
            case s.SentMessages(variable=v, record=record) if record is not None:
                domain, t = c.OverSent(variable=v.name, record=record), RecordType(record)
            case s.NumberRange(lower=lower, upper=upper):
                first, end = (self.coerced(n, NUMBER, env) for n in (lower, upper))
                domain = c.OverRange(lower=first, upper=end)
            case _:
                domain = c.OverMembers(of=self.expr(over, env))
        var = self.fresh(name.name, t, name.span)
        return c.Binder(var=var, domain=domain), var


def _always_there(domain: c.Domain) -> bool:
    """Whether the domain is defined in every state."""
    return not any(isinstance(n, c.Expr) and not isinstance(n, c.Var) for n in walk(domain))
