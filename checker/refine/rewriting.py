"""Rewriting: expressions with variables replaced by their images under a mapping.

`Vote(b, v) in self.votes[a]`, where the votes of a are `{Vote(m.b, m.v) for m in ... if m.a == a}`,
becomes "for some m: m.a == a and m.b == b and m.v == v": the sets
and records that a mapping makes disappear, and the result is about the concrete variables alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from quorate.checker.prove.unbounded import UnsupportedError
from quorate.model.language import Record
from quorate.model.language.declare.types import QuorumType, RecordType, SeqType, SetType
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import FALSE, TRUE, conjunction, disjunction, negation

Env = Mapping[str, c.Expr]
_numbers = itertools.count()


@dataclass(frozen=True)
class Image:
    """The image of one variable: `value` at `keys`; for messages, the parts of a set.

    A part is a set of messages of one class.
    """

    keys: tuple[c.Var, ...]
    value: c.Expr | None
    parts: tuple[c.Expr, ...] = ()


@dataclass(frozen=True)
class Elements:
    """Elements of a set: `element` for all values of the binders for which `condition` holds."""

    binders: tuple[c.Binder, ...]
    condition: c.Expr
    element: c.Expr


@dataclass(frozen=True)
class Bound:
    """New binders for old ones: in `env`, where `condition` holds, are the values of the old."""

    binders: tuple[c.Binder, ...]
    condition: c.Expr
    env: Env


@dataclass
class Rewriting:
    """Rewrites expressions over the variables that have images. Raises UnsupportedError.

    Bound variables get new names, so that nothing is captured.
    """

    images: Mapping[str, Image]
    numbers: Iterator[int] = field(default_factory=lambda: _numbers)

    def expr(self, e: c.Expr, env: Env) -> c.Expr:
        """An expression; `env` gives the values of its free variables."""
        match e:
            case c.Var(name=name):
                return env.get(name, e)
            case c.Read(variable=variable, keys=keys) if variable in self.images:
                return self.read(variable, [self.expr(k, env) for k in keys])
            case c.Member(item=item, of=of) if not isinstance(of.type, (SeqType, QuorumType)):
                return self.member(self.expr(item, env), self.expr(of, env))
            case c.Sent(variable=variable, message=message) if variable in self.images:
                return self.sent(variable, self.expr(message, env))
            case c.Quant(forall=forall, binders=binders, body=body):
                return self._quantified(forall, binders, body, env)
            case c.SetComp(binders=binders, condition=condition, element=element):
                found = self._comprehended(binders, condition, element, env)
                return self._set([self._comprehension(x, e) for x in found], e)
            case c.Count():
                return self._aggregated(e, "counting", env)
            case c.Extreme(op=op):
                return self._aggregated(e, f"the {op} of", env)
            case c.Filter():
                return self._aggregated(e, "a filter of", env)
            case c.MakeMap(var=var, body=body):
                new = self._fresh(var)
                return replace(e, var=new, body=self.expr(body, {**env, var.name: new}))
            case c.Field(of=of, name=name):
                return part(self.expr(of, env), name, e)
            case c.Unwrap(of=of):
                inner = self.expr(of, env)
                return inner.of if isinstance(inner, c.Some) else replace(e, of=inner)
            case c.Eq(left=left, right=right):
                return self.equal(self.expr(left, env), self.expr(right, env), e)
            case c.Less(left=c.Lit(value=0), right=c.Len(of=of)) if _is_set(of):
                return negation(self._empty(self.expr(of, env)))
            case c.Subset(left=left, right=right) if _is_set(left):
                return self._within(self.expr(left, env), self.expr(right, env))
        changed = {
            f.name: self._part(getattr(e, f.name), env)
            for f in fields(e)
            if f.name not in ("type", "span")
        }
        return self._plain(replace(e, **changed))

    def _part(self, x: Any, env: Env) -> Any:
        if isinstance(x, c.Expr):
            return self.expr(x, env)
        if isinstance(x, tuple) and not isinstance(x, Record):
            return tuple(self._part(y, env) for y in x)
        assert not is_dataclass(x) or isinstance(x, type) or not hasattr(x, "domain"), x
        return x

    def _plain(self, e: c.Expr) -> c.Expr:
        match e:
            case c.Not(arg=c.Lit(value=value)):
                return FALSE if value else TRUE
            case c.And(args=args):
                return FALSE if FALSE in args else conjunction(args)
            case c.Or(args=args):
                return disjunction(args)
        return e

    # ------------------------------------------------------------ variables

    def read(self, variable: str, keys: Sequence[c.Expr]) -> c.Expr:
        """The value of the image at these keys."""
        image = self.images[variable]
        assert image.value is not None
        env = {k.name: x for k, x in zip(image.keys, keys, strict=True)}
        return Rewriting({}, self.numbers).expr(image.value, env)

    def sent(self, variable: str, message: c.Expr) -> c.Expr:
        """That the image contains this message."""
        return disjunction([self.member(message, p) for p in self._messages(variable)])

    def _messages(self, variable: str) -> list[c.Expr]:
        return [Rewriting({}, self.numbers).expr(p, {}) for p in self.images[variable].parts]

    def _fresh(self, var: c.Var) -> c.Var:
        return replace(var, name=f"{var.name.partition('~')[0]}~{next(self.numbers)}")

    # ------------------------------------------------------------ sets

    def member(self, item: c.Expr, of: c.Expr) -> c.Expr:
        """That a set has this member."""
        match of:
            case c.SetComp(binders=binders, condition=condition, element=element):
                same = self.equal(element, item)
                return quantified(False, binders, [condition, same])
            case c.MakeSet(items=items):
                return disjunction([self.equal(x, item) for x in items])
            case c.SetOp(op=op, left=left, right=right):
                one, other = self.member(item, left), self.member(item, right)
                if op == "|":
                    return disjunction([one, other])
                return self._both(one, other if op == "&" else negation(other))
            case c.Ite(test=test, then=then, orelse=orelse):
                yes, no = self.member(item, then), self.member(item, orelse)
                return disjunction([self._both(test, yes), self._both(negation(test), no)])
        return c.Member(item=item, of=of, type=c.BOOL)

    def equal(self, one: c.Expr, other: c.Expr, old: c.Expr | None = None) -> c.Expr:
        """That two values are equal; records are compared field by field."""
        if one == other:
            return TRUE
        for x, y in ((one, other), (other, one)):
            if isinstance(x, c.Len) and y == c.Lit(value=0, type=y.type) and _is_set(x.of):
                return self._empty(x.of)
            if isinstance(x, c.Ite) and not isinstance(x.type, SetType):
                yes, no = self.equal(x.then, y), self.equal(x.orelse, y)
                return disjunction([self._both(x.test, yes), self._both(negation(x.test), no)])
        a, b = one.type, other.type
        if isinstance(a, RecordType) and isinstance(b, RecordType):
            if a.record is not b.record:
                return FALSE
            if isinstance(one, c.MakeRecord) or isinstance(other, c.MakeRecord):
                pairs = [(part(one, n), part(other, n)) for n in a.fields]
                return self._both(*(self.equal(x, y) for x, y in pairs))
        if isinstance(a, SetType) and not (isinstance(one, c.Read) and isinstance(other, c.Read)):
            return self._both(self._within(one, other), self._within(other, one))
        return c.Eq(left=one, right=other, type=c.BOOL)

    def _within(self, one: c.Expr, other: c.Expr) -> c.Expr:
        return self._both(
            *(
                quantified(True, x.binders, [x.condition], self.member(x.element, other))
                for x in self.elements(one)
            )
        )

    def _empty(self, of: c.Expr) -> c.Expr:
        return self._both(
            *(quantified(True, x.binders, [x.condition], FALSE) for x in self.elements(of))
        )

    def _both(self, *parts: c.Expr) -> c.Expr:
        return FALSE if FALSE in parts else conjunction(parts)

    def elements(self, of: c.Expr) -> list[Elements]:
        """The elements of a set."""
        match of:
            case c.SetComp(binders=binders, condition=condition, element=element):
                return [Elements(binders, condition, element)]
            case c.MakeSet(items=items):
                return [Elements((), TRUE, x) for x in items]
            case c.SetOp(op="|", left=left, right=right):
                return [*self.elements(left), *self.elements(right)]
            case c.SetOp(op=op, left=left, right=right):
                found = []
                for x in self.elements(left):
                    inside = self.member(x.element, right)
                    kept = inside if op == "&" else negation(inside)
                    found.append(replace(x, condition=self._both(x.condition, kept)))
                return found
            case c.Ite(test=test, then=then, orelse=orelse):
                sides = ((test, then), (negation(test), orelse))
                return [
                    replace(x, condition=self._both(t, x.condition))
                    for t, side in sides
                    for x in self.elements(side)
                ]
        t = of.type.element if isinstance(of.type, (SetType, SeqType)) else None
        if t is None:
            raise UnsupportedError("this set in a mapping", of.span)
        var = self._fresh(c.Var(name="x", type=t))
        return [Elements((c.Binder(var=var, domain=c.OverMembers(of=of)),), TRUE, var)]

    def _comprehension(self, x: Elements, e: c.SetComp) -> c.Expr:
        return replace(e, binders=x.binders, condition=x.condition, element=x.element)

    def _set(self, sets: list[c.Expr], e: c.Expr) -> c.Expr:
        found = sets[0] if sets else c.MakeSet(items=(), type=e.type)
        for other in sets[1:]:
            found = c.SetOp(op="|", left=found, right=other, type=e.type)
        return found

    # ------------------------------------------------------------ binders

    def _quantified(
        self, forall: bool, binders: Sequence[c.Binder], body: c.Expr, env: Env
    ) -> c.Expr:
        found = [
            quantified(forall, x.binders, [x.condition], x.element)
            for x in self._comprehended(binders, TRUE, body, env)
        ]
        return self._both(*found) if forall else disjunction(found)

    def _comprehended(
        self, binders: Sequence[c.Binder], condition: c.Expr, element: c.Expr, env: Env
    ) -> list[Elements]:
        """The possible bindings, each with the condition and the element rewritten in it."""
        return [
            Elements(
                x.binders,
                self._both(x.condition, self.expr(condition, x.env)),
                self.expr(element, x.env),
            )
            for x in self._bindings(binders, env)
        ]

    def _aggregated(self, e: c.Count | c.Extreme | c.Filter, what: str, env: Env) -> c.Expr:
        """A count, an extreme or a filter; what it is of must not fall into several parts."""
        found = self._bindings(e.binders, env)
        if len(found) != 1 or len(found[0].binders) != len(e.binders):
            raise UnsupportedError(f"{what} what a mapping makes", e.span)
        (x,) = found
        condition = self._both(x.condition, self.expr(e.condition, x.env))
        if not isinstance(e, c.Extreme):
            return replace(e, binders=x.binders, condition=condition)
        element = self.expr(e.element, x.env)
        keys = tuple(self.expr(key, x.env) for key in e.keys)
        return replace(e, binders=x.binders, condition=condition, element=element, keys=keys)

    def _bindings(self, binders: Sequence[c.Binder], env: Env) -> list[Bound]:
        """The possible bindings: new binders, their condition, and the values of the old ones."""
        if not binders:
            return [Bound((), TRUE, env)]
        first, *rest = binders
        found = []
        for x in self._domain(first, env):
            for y in self._bindings(rest, {**env, first.var.name: x.element}):
                both = self._both(x.condition, y.condition)
                found.append(Bound((*x.binders, *y.binders), both, y.env))
        return found

    def _domain(self, b: c.Binder, env: Env) -> list[Elements]:
        var = self._fresh(b.var)
        match b.domain:
            case c.OverSent(variable=variable) as over if variable in self.images:
                wanted = RecordType(over.record)
                return [
                    x
                    for p in self._messages(variable)
                    for x in self.elements(p)
                    if x.element.type == wanted
                ]
            case c.OverMembers(of=of):
                inner = self.expr(of, env)
                if _is_set(of) and inner != of:
                    return self.elements(inner)
                domain: c.Domain = c.OverMembers(of=inner)
            case c.OverRange(lower=lower, upper=upper):
                domain = c.OverRange(lower=self.expr(lower, env), upper=self.expr(upper, env))
            case other:
                domain = other
        when = self.expr(b.when, env) if b.when is not None else None
        return [Elements((c.Binder(var=var, domain=domain, when=when),), TRUE, var)]


def quantified(
    forall: bool,
    binders: Sequence[c.Binder],
    conditions: Sequence[c.Expr],
    body: c.Expr = TRUE,
) -> c.Expr:
    """For all, or some, values for which the conditions hold; nested quantifiers are merged."""
    premise = FALSE if FALSE in conditions else conjunction(conditions)
    inner: tuple[c.Binder, ...] = ()
    if isinstance(body, c.Quant) and body.forall is forall:
        inner, body = body.binders, body.body
    if forall:
        whole = disjunction([negation(premise), body])
    else:
        whole = FALSE if FALSE in (premise, body) else conjunction([premise, body])
    names = (*binders, *inner)
    # A binder may range over the empty set: then the quantifier is not equivalent to its body.
    if not names or whole == (TRUE if forall else FALSE):
        return whole
    return c.Quant(forall=forall, binders=names, body=whole, type=c.BOOL)


def part(of: c.Expr, name: str, old: c.Expr | None = None) -> c.Expr:
    """A field of a record; of a record that is made here, its argument."""
    match of:
        case c.MakeRecord(record=record, args=args):
            return args[list(record.field_types()).index(name)]
        case c.Ite(test=test, then=then, orelse=orelse):
            yes, no = part(then, name, old), part(orelse, name, old)
            return c.Ite(test=test, then=yes, orelse=no, type=yes.type)
    if old is not None:
        return replace(old, of=of)  # type: ignore[call-arg]
    assert isinstance(of.type, RecordType)
    return c.Field(of=of, name=name, type=of.type.fields[name])


def _is_set(e: c.Expr) -> bool:
    return isinstance(e.type, SetType)
