"""Predicates over Venn regions: conditions on elements, by the region in which they lie.

Elements of a sort differ only by equality. So the value of a bound variable is a named element, the
value of an outer variable, or any other element of some region that has one more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import z3

from quorate.checker.prove.linear import arithmetic, is_linear
from quorate.model.language.declare.sorts import Ordered, Sort
from quorate.model.language.declare.types import SetType, SortType
from quorate.model.language.frontend.predicates import Condition
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import walk

from .regions import NotCounted, Region, Regions


def named_elements(condition: Condition) -> list[Sort]:
    """The elements that a predicate names. Raises NotCounted if their order matters."""
    values = [e.value for e in walk(condition.body) if isinstance(e, c.Lit)]
    found = dict.fromkeys(v for v in values if isinstance(v, Sort))
    if any(isinstance(e, Ordered) for e in found):
        raise NotCounted("elements in an order")
    return list(found)


@dataclass(frozen=True)
class Other:
    """An element without a name: the `number`-th that is used in its region."""

    region: Region
    number: int


Element = Sort | Other


@dataclass(frozen=True)
class RegionPredicate:
    """A predicate as a condition on the set `q` of regions. Raises NotCounted."""

    regions: Regions
    condition: Condition
    q: Any  # the name of one of the regions' sets

    def formula(self) -> Any:
        return self.true(self.condition.body, {})

    # ------------------------------------------------------------ conditions

    def true(self, e: c.Expr, env: dict[str, Element]) -> Any:
        match e:
            case c.Lit(value=bool(value)):
                return z3.BoolVal(value, self.regions.context)
            case c.Not(arg=arg):
                return z3.Not(self.true(arg, env))
            case c.And(args=args):
                return z3.And([self.true(a, env) for a in args])
            case c.Or(args=args):
                return z3.Or([self.true(a, env) for a in args])
            case c.Ite(test=test, then=then, orelse=orelse):
                return z3.If(self.true(test, env), self.true(then, env), self.true(orelse, env))
            case c.Less(left=left, right=right):
                return self.number(left, env) < self.number(right, env)
            case c.LessEq(left=left, right=right):
                return self.number(left, env) <= self.number(right, env)
            case c.Member(item=item, of=of):
                return self.member(self.element(item, env), of, env)
            case c.Subset(left=left, right=right):
                return z3.And([self._subset(x, left, right, env) for x in self._all(env)])
            case c.Eq(left=left, right=right):
                return self._equal(left, right, env)
            case c.Quant():
                return self._quantified(e, e.binders, env)
        raise NotCounted(type(e).__name__)

    def _subset(self, x: tuple[Any, Element], left: c.Expr, right: c.Expr, env: Any) -> Any:
        there, element = x
        inside = [self.member(element, s, env) for s in (left, right)]
        return z3.Implies(z3.And(there, inside[0]), inside[1])

    def _equal(self, left: c.Expr, right: c.Expr, env: dict[str, Element]) -> Any:
        if isinstance(left.type, SetType):
            return z3.And(
                [
                    z3.Implies(there, self.member(x, left, env) == self.member(x, right, env))
                    for there, x in self._all(env)
                ]
            )
        if isinstance(left.type, SortType):
            return z3.BoolVal(
                self.element(left, env) == self.element(right, env), self.regions.context
            )
        if left.type == c.BOOL:
            return self.true(left, env) == self.true(right, env)
        return self.number(left, env) == self.number(right, env)

    def _quantified(self, e: c.Quant, binders: tuple[c.Binder, ...], env: Any) -> Any:
        if not binders:
            return self.true(e.body, env)
        parts = []
        for there, x in self._ranged(binders[0], env):
            body = self._quantified(e, binders[1:], {**env, binders[0].var.name: x})
            parts.append(z3.Implies(there, body) if e.forall else z3.And(there, body))
        return z3.And(parts) if e.forall else z3.Or(parts)

    # ------------------------------------------------------------ elements

    def _ranged(self, binder: c.Binder, env: Any) -> Iterator[tuple[Any, Element]]:
        """The possible values of a bound variable, each with its condition."""
        if binder.when is not None:
            raise NotCounted("optional values")
        for there, x in self._all(env):
            match binder.domain:
                case c.OverType():
                    yield there, x
                case c.OverMembers(of=of):
                    yield z3.And(there, self.member(x, of, env)), x
                case _:
                    raise NotCounted("numbers one by one")

    def _all(self, env: dict[str, Element]) -> Iterator[tuple[Any, Element]]:
        """Every possible element: named, used already, or one more of a region."""
        for name in self.regions.single:
            yield z3.BoolVal(True, self.regions.context), name  # type: ignore[misc]
        asked = dict.fromkeys(x for x in env.values() if isinstance(x, Other))
        for x in asked:
            yield z3.BoolVal(True, self.regions.context), x
        for region, count in self._unnamed():
            known = sum(x.region == region for x in asked)
            yield count > known, Other(region, known)

    def _unnamed(self) -> Iterator[tuple[Region, Any]]:
        named = [self.regions.names.index(s) for s in self.regions.single]
        for region, count in self.regions.counts.items():
            if not any(region[i] for i in named):
                yield region, count

    def element(self, e: c.Expr, env: dict[str, Element]) -> Element:
        match e:
            case c.Var(name=name) if name in env:
                return env[name]
            case c.Lit(value=Sort() as value):
                return value
        raise NotCounted(type(e).__name__)

    def member(self, x: Element, of: c.Expr, env: dict[str, Element]) -> Any:
        match of:
            case c.Var(name=self.condition.q.name):
                return self._in_q(x)
            case c.SetOp(op=op, left=left, right=right):
                a, b = self.member(x, left, env), self.member(x, right, env)
                return {"|": z3.Or(a, b), "&": z3.And(a, b), "-": z3.And(a, z3.Not(b))}[op]
            case c.MakeSet(items=items):
                return z3.BoolVal(
                    any(self.element(i, env) == x for i in items), self.regions.context
                )
            case c.SetComp(binders=(binder,), condition=condition, element=element) if (
                element == binder.var
            ):
                inner = {**env, binder.var.name: x}
                inside = self.true(condition, inner)
                if isinstance(binder.domain, c.OverMembers):
                    inside = z3.And(inside, self.member(x, binder.domain.of, env))
                return inside
        raise NotCounted(type(of).__name__)

    def _in_q(self, x: Element) -> Any:
        inside = self.regions.inside(self.q)
        if isinstance(x, Other):
            return z3.BoolVal(inside(x.region), self.regions.context)
        named = self.regions.inside(x)
        return self.regions.size(lambda r: inside(r) and named(r)) == 1

    # ------------------------------------------------------------ numbers

    def number(self, e: c.Expr, env: dict[str, Element]) -> Any:
        match e:
            case c.Lit(value=int(value)):
                return z3.IntVal(value, self.regions.context)
            case c.Arith(op=op, left=left, right=right):
                if not is_linear(e):
                    raise NotCounted("a product or quotient of two numbers")
                return arithmetic(op, self.number(left, env), self.number(right, env))
            case c.Ite(test=test, then=then, orelse=orelse):
                return z3.If(self.true(test, env), self.number(then, env), self.number(orelse, env))
            case c.Len(of=of):
                return self._count(env, lambda x: self.member(x, of, env))
            case c.Count(binders=(binder,), condition=condition):
                if binder.when is not None or isinstance(binder.domain, c.OverRange):
                    raise NotCounted("numbers one by one")

                def counted(x: Element) -> Any:
                    found = self.true(condition, {**env, binder.var.name: x})
                    if isinstance(binder.domain, c.OverMembers):
                        return z3.And(found, self.member(x, binder.domain.of, env))
                    return found

                return self._count(env, counted)
        raise NotCounted(type(e).__name__)

    def _count(self, env: dict[str, Element], chosen: Any) -> Any:
        """The number of chosen elements; those of a region that are not used yet are alike."""
        asked = dict.fromkeys(x for x in env.values() if isinstance(x, Other))
        found = [z3.If(chosen(x), 1, 0) for x in (*self.regions.single, *asked)]
        for region, count in self._unnamed():
            known = sum(x.region == region for x in asked)
            found.append(z3.If(chosen(Other(region, known)), count - known, 0))
        return z3.Sum(found)
