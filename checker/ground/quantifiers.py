"""QuantifierEvaluation unrolled.

The result of a quantifier is remembered by the values of the names (down to the fields) that occur
in it, so that nested quantifiers over messages cost what their distinct arguments cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quorate.model.language.declare.types import SeqType, Type
from quorate.model.language.ir import core as c
from quorate.model.language.ir.relations import INTEGER

from .arithmetic import aligned
from .evaluation import Closure, Env, Evaluation, UndefinedOperation
from .free_paths import field_positions, free_paths, project
from .nodes import Bool, Node, Scalar
from .one_point import equalities_of
from .shapes import Fields, Value

# A quantifier over messages looks at each payload by itself, up to so many under one key.
MOST_ONE_BY_ONE = 32


class QuantifierEvaluation(Evaluation):
    """Compiles quantifiers, counts, the least and the greatest of many."""

    def _quant(self, e: c.Quant) -> Closure:
        body, g, forall = self.closure(e.body), self.g, e.forall
        join = g.and_ if forall else g.or_
        equalities = equalities_of(e)

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

    def _extreme(self, e: c.Extreme) -> Closure:
        condition, element = self.closure(e.condition), self.closure(e.element)
        keys = [(self.closure(k), k.type) for k in e.keys]
        distinct = e.keys == (e.element,)  # then equal keys are equal elements
        g, v = self.g, self.v

        def evaluate(env: Env) -> Value:
            some: Bool = False
            tie: Bool = False
            found: Value = v.zero(e.type)
            best: list[Value] = [v.zero(t) for _, t in keys]
            for premise, inner in self.bound(e.binders, env):
                holds = g.and_([premise, self._under(premise, condition, inner)])
                if holds is False:
                    continue
                row = [self._under(holds, k, inner) for k, _ in keys]
                value = self._under(holds, element, inner)
                one, other = (best, row) if e.op == "max" else (row, best)
                before, same = self._before(one, other, [t for _, t in keys])
                better = g.and_([holds, g.or_([g.not_(some), before])])
                if not distinct:
                    apart = g.not_(v.same(found, value, e.type))
                    tie = g.or_([g.and_([holds, some, same, apart]), g.and_([g.not_(better), tie])])
                found = v.choose(better, value, found, e.type)
                best = [
                    v.choose(better, x, y, t) for x, y, (_, t) in zip(row, best, keys, strict=True)
                ]
                some = g.or_([some, holds])
            self._no_value(g.not_(some), e.span, f"the {e.op} of nothing")
            self._no_value(tie, e.span, f"several values for the {e.op}, with equal keys")
            return found

        return self._remembered(e, evaluate)

    def _before(self, row: list[Value], other: list[Value], types: list[Type]) -> tuple[Bool, Bool]:
        """Whether one row of keys is less than another, and whether they are equal."""
        before: Bool = False
        same: Bool = True
        for x, y, t in zip(row, other, types, strict=True):
            if t == INTEGER:
                x, y, _ = aligned(self.g, x, y)
            before = self.g.or_([before, self.g.and_([same, self.g.less(x, y)])])
            same = self.g.and_([same, self.g.eq(x, y)])
        return before, same

    def _remembered(self, e: c.Expr, evaluate: Closure) -> Closure:
        """Evaluate once for each distinct value of what occurs free in the expression."""
        paths = sorted(free_paths(e))
        known: dict[tuple[Any, ...], tuple[Value, list[UndefinedOperation]]] = {}
        fields = {p: field_positions(e, p) for p in paths}

        def remember(env: Env) -> Value:
            key = tuple(project(env[p[0]], fields[p]) for p in paths)
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
            if len(payloads) > MOST_ONE_BY_ONE:
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
