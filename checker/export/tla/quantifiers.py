"""Quantifiers and comprehensions of the surface IR in TLA+."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from quorate.model.language.declare.types import RecordType, SeqType
from quorate.model.language.ir import surface as s

from . import terms as t
from .domains import Domains
from .layout import Doc, cat, joined
from .looking import independent
from .scopes import Scope
from .terms import Term


@dataclass
class TlaQuantifiers:
    """What binds names: all/any, comprehensions, loops."""

    domains: Domains

    def expr(self, e: s.Expr, scope: Scope) -> Term:
        """An expression in TLA+."""
        raise NotImplementedError

    def _quantified(self, e: s.Quantified, scope: Scope) -> Term:
        return self.quantify(e.kind == "all", e.generators, e.element, scope)

    def quantify(
        self, forall: bool, generators: tuple[s.Generator, ...], element: s.Expr, scope: Scope
    ) -> Term:
        """Generators that do not look at each other's elements share one quantifier."""
        together, rest = independent(generators)
        bounds, conditions, inner = self.bounds(together, scope)
        body = self.quantify(forall, rest, element, inner) if rest else self.expr(element, inner)
        if body == t.TRUE and conditions and not forall:
            body = t.junction("and", conditions)
        elif conditions:
            premise = t.junction("and", conditions)
            body = t.implies(premise, body) if forall else t.junction("and", [premise, body])
        return t.quantified("\\A" if forall else "\\E", bounds, body)

    def bounds(
        self, generators: Sequence[s.Generator], scope: Scope
    ) -> tuple[Doc, list[Term], Scope]:
        """`x, y \\in S, z \\in T`, what holds of them, and the scope in which they are known."""
        found: list[tuple[list[str], Term]] = []
        outside, conditions = scope.value(), []
        inner = scope
        for g in generators:
            name, inner = inner.bind(g.name.name, g.name.uid)
            domain, more = self.domain(g, name, outside)
            conditions += more
            if found and found[-1][1] == domain:
                found[-1][0].append(name)
            else:
                found.append(([name], domain))
            conditions += [self.expr(x, inner) for x in g.conditions]
        parts = [t.bound(names, domain) for names, domain in found]
        return joined(parts, ", "), conditions, inner

    def domain(self, g: s.Generator, name: str, scope: Scope) -> tuple[Term, list[Term]]:
        """The set that a generator ranges over, and the condition on its elements."""
        if isinstance(g.iterable, s.SentMessages):
            return self.messages(g.iterable, scope), [self.is_a(name, g.name.type)]
        return self.iterable(g.iterable, scope), []

    def messages(self, e: s.SentMessages, scope: Scope) -> Term:
        return scope.read.get(e.variable.name) or Term(self.domains.own(e.variable.name))

    def is_a(self, name: str, kind: object) -> Term:
        """That a message is of a class."""
        assert isinstance(kind, RecordType)
        tag = Term(f"{name}.{self.domains.tag}")
        return t.infix(tag, "=", self.domains.word(kind.record), t.RELATION)

    def iterable(self, e: s.Expr, scope: Scope) -> Term:
        """The set of what an expression is iterated for."""
        found = self.expr(e, scope)
        return self.domains.helper("Range", found) if isinstance(e.type, SeqType) else found

    def _sortrange(self, e: s.SortRange, scope: Scope) -> Term:
        return self.domains.proper(e.type)

    def _numberrange(self, e: s.NumberRange, scope: Scope) -> Term:
        upper = self.expr(e.upper, scope)
        last = t.infix(upper, "-", t.number(1), t.SUM)
        if isinstance(e.upper, s.Constant):
            if e.upper.value == 0:
                return t.EMPTY
            last = t.number(e.upper.value - 1)
        return t.infix(self.expr(e.lower, scope), "..", last, t.RANGE)

    def _sentmessages(self, e: s.SentMessages, scope: Scope) -> Term:
        if e.record is None:
            return self.messages(e, scope)
        name, _ = scope.reserve("m")
        bounds = t.bound([name], self.messages(e, scope))
        return t.filtered(bounds, self.is_a(name, RecordType(e.record)))

    def _comprehension(self, e: s.Comprehension, scope: Scope) -> Term:
        scope = scope.value()
        if e.kind == "dict":
            bounds, _, inner = self.bounds(e.generators, scope)
            return t.function(bounds, self.expr(e.element, inner))
        if len(e.generators) == 1 and e.element == e.generators[0].name:
            return self.picked(e.generators[0], e.generators[0].name.name, scope)
        return self.collected(e.generators, lambda inner: self.expr(e.element, inner), scope)

    def _extreme(self, e: s.Extreme, scope: Scope) -> Term:
        inside, word = scope.value(), {"min": "Least", "max": "Greatest"}[e.op]
        if e.keys == (e.element,):
            single = s.Comprehension(
                kind="set", element=e.element, generators=e.generators, type=s.ListType(e.type)
            )
            among = self._comprehension(single, inside)
        else:
            self.domains.helpers.add("Before")
            word += "By"
            among = self.collected(e.generators, lambda inner: self._row(e, inner), inside)
        found = self.domains.helper(word, among)
        if e.default is None:
            return found
        none = t.infix(among, "=", t.EMPTY, t.RELATION)
        return t.conditional(none, self.expr(e.default, scope), found)

    def _row(self, e: s.Extreme, scope: Scope) -> Term:
        keys = t.tuple_of([self.expr(k, scope) for k in e.keys])
        return t.tuple_of([keys, self.expr(e.element, scope)])

    def picked(self, g: s.Generator, wanted: str, scope: Scope) -> Term:
        """The elements that one generator goes over, under a name of their own."""
        bounds, conditions, _ = self.bounds((replace(g, name=replace(g.name, name=wanted)),), scope)
        if not conditions:
            return self.domain(g, "", scope)[0]
        return t.filtered(bounds, t.junction("and", conditions))

    def collected(
        self,
        generators: tuple[s.Generator, ...],
        element: Callable[[Scope], Term],
        scope: Scope,
    ) -> Term:
        """The set of what the element is for all that the generators go over."""
        together, rest = independent(generators)
        bounds, conditions, inner = self.bounds(together, scope)
        if not conditions and not rest:
            return t.mapped(element(inner), bounds)
        first, rest = generators[0], generators[1:]
        name, inner = scope.bind(first.name.name, first.name.uid)
        bounds = t.bound([name], self.picked(first, name, inner))
        if not rest:
            return t.mapped(element(inner), bounds)
        sets = t.mapped(self.collected(rest, element, inner), bounds)
        return Term(cat("UNION ", sets.doc), t.SET)

    def within(self, g: s.Generator, element: Term, scope: Scope) -> Term:
        """That a loop goes over an element."""
        if isinstance(g.iterable, s.SentMessages):
            domain: Term = self.messages(g.iterable, scope)
        else:
            domain = self.iterable(g.iterable, scope)
        return t.infix(element, "\\in", domain, t.RELATION)
