"""Sequences and sets as ground values."""

from __future__ import annotations

from collections.abc import Callable

from quorate.model.language.declare.types import SeqType, SetType, Type
from quorate.model.language.diagnostics import Span
from quorate.model.language.ir import core as c

from .evaluation import Closure, Env
from .nodes import Bool, Scalar
from .quantifiers import QuantifierEvaluation
from .shapes import Bits, Items, Value


class ContainerEvaluation(QuantifierEvaluation):
    """Compiles expressions over sequences and sets."""

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

    def _filter(self, e: c.Filter) -> Closure:
        condition, (binder,) = self.closure(e.condition), e.binders
        assert isinstance(e.type, SeqType)
        element = e.type.element

        def keep(env: Env) -> Items:
            length: Scalar = 0
            items: list[Value] = []
            for premise, inner in self.bound(e.binders, env):
                holds = self.g.and_([premise, self._under(premise, condition, inner)])
                # It goes where those before it end: one cell further for each that is kept.
                items.append(self.v.zero(element))
                for k, other in enumerate(items):
                    here = self.g.and_([holds, self.g.eq(length, k)])
                    items[k] = self.v.choose(here, inner[binder.var.name], other, element)
                length = self.g.add(length, self.g.number(holds))
            return Items(length, tuple(items))

        return keep

    def _len(self, e: c.Len) -> Closure:
        of, t = self.closure(e.of), e.of.type
        if isinstance(t, SeqType):
            return lambda env: of(env).length
        return lambda env: self.g.total(map(self.g.number, self.bits(of(env), t)))

    # ------------------------------------------------------------ sets

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
        self.v.members_of(t)  # a set of these can be held at all
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
