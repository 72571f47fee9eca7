"""Quantifiers: what binders range over, with equations solved instead of quantified (one-point).

`any(m.a == a and m.b == b for m in sent[Promise])` quantifies over no `a` and no `b`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from typing import Protocol as Interface

from quorate.model.language.declare.types import BoolType, MapType, SeqType, Type
from quorate.model.language.ir import core as c
from quorate.model.language.ir.traverse import free, walk

from .extremes import without_extremes
from .logic import Atom, Cases, Formula, Term, conj, disj, lifted, neg, single, some
from .messages import Relation, in_columns
from .signature import Signature, UnsupportedError
from .states import Env, Set, State
from .values import FLAG, MessageValue, OptionalValue, SequenceValue, Value, below, is_flagged

Literal = tuple[c.Expr, bool]


class Expressions(Interface):
    """Expressions as formulas over one state: what quantifiers ask of the translator."""

    @property
    def signature(self) -> Signature:
        """The symbols."""

    @property
    def state(self) -> State:
        """The state that is read."""

    def formula(self, e: c.Expr, env: Env) -> Formula:
        """A condition."""

    def term(self, e: c.Expr, env: Env) -> Cases:
        """A value that is one term."""

    def value(self, e: c.Expr, env: Env) -> Value:
        """A value of any type but sets and maps."""

    def sequence(self, e: c.Expr, env: Env) -> SequenceValue:
        """A sequence."""

    def members(self, e: c.Expr, env: Env) -> Set:
        """A set or a quorum."""


def quantified(
    t: Expressions, forall: bool, binders: Sequence[c.Binder], body: c.Expr, env: Env
) -> Formula:
    """A quantifier; a universal is what has no counterexample."""
    found = exists(t, binders, literals(body, not forall), env)
    return neg(found) if forall else found


def exists(
    t: Expressions, binders: Sequence[c.Binder], conditions: Sequence[Literal], env: Env
) -> Formula:
    """That for some values of the binders all the conditions hold."""
    return _Binding(t, tuple(binders), list(conditions)).over(0, dict(env))


def comprehended(t: Expressions, e: c.SetComp, env: Env) -> Set:
    """`{element for ... if condition}`: what some values of the binders make."""
    # `element == x` is one more condition; `x` gets a name that no description can write.
    name = c.Var(name="{}", type=e.element.type)
    wanted = c.Eq(left=e.element, right=name, type=c.BOOL)
    conditions = [*literals(e.condition, True), (wanted, True)]
    return lambda x: exists(t, e.binders, conditions, {**env, name.name: single(x)})


def within(t: Expressions, numbers: c.OverRange, env: Env) -> Set:
    """The numbers from one up to, not including, another."""
    lower, upper = t.term(numbers.lower, env), t.term(numbers.upper, env)
    return lambda x: lifted(lambda a, b: conj([Atom(a <= x), Atom(x < b)]), lower, upper)


def literals(e: c.Expr, positive: bool) -> list[Literal]:
    """The conjuncts of a condition or of its opposite."""
    if isinstance(e, c.Not):
        return literals(e.arg, not positive)
    if (isinstance(e, c.And) and positive) or (isinstance(e, c.Or) and not positive):
        return [found for x in e.args for found in literals(x, positive)]
    return [(e, positive)]


@dataclass
class _Binding:
    t: Expressions
    binders: tuple[c.Binder, ...]
    conditions: list[Literal]

    def over(self, i: int, env: dict[str, Any]) -> Formula:
        if i == len(self.binders):
            return conj(self._condition(x, positive, env) for x, positive in self.conditions)
        var = self.binders[i].var
        match self.binders[i].domain:
            case c.OverType(type=of):
                return self._over_type(i, var, of, env)
            case c.OverSent(record=record):
                return self._over_sent(i, var, self.t.signature.relations[record], env)
            case c.OverMembers(of=of) if isinstance(of.type, SeqType):
                return self._over_items(i, var, of, env)
            case c.OverMembers(of=of):
                return self._over_where(i, var, self.t.members(of, env), env)
            case c.OverRange() as numbers:
                return self._over_where(i, var, within(self.t, numbers, env), env)
        raise AssertionError(self.binders[i])

    def _condition(self, e: c.Expr, positive: bool, env: Env) -> Formula:
        found = self.t.formula(e, env)
        return found if positive else neg(found)

    def _over_type(self, i: int, var: c.Var, of: Type, env: dict[str, Any]) -> Formula:
        v = self.t.signature
        sort = v.sort(of, var.span)
        found = self._solved(var, env)
        if found is not None:
            right = lifted(lambda x: v.proper(x, of), found)
            return conj([right, self.over(i + 1, {**env, var.name: found})])
        return self._any(var.name, of, sort, lambda x: v.proper(x, of), i, env)

    def _over_items(self, i: int, var: c.Var, of: c.Expr, env: dict[str, Any]) -> Formula:
        """Over a sequence: over its positions."""
        sequence = self.t.sequence(of, env)
        at = self.t.signature.fresh_number(f"at.{var.name}")
        rest = self.over(i + 1, {**env, var.name: sequence.item(at)})
        return some([at], conj([below(at, sequence.length), rest]))

    def _over_where(self, i: int, var: c.Var, inside: Set, env: dict[str, Any]) -> Formula:
        found = self._solved(var, env)
        if found is not None:
            return conj([lifted(inside, found), self.over(i + 1, {**env, var.name: found})])
        sort = self.t.signature.sort(var.type, var.span)
        return self._any(var.name, var.type, sort, inside, i, env)

    def _any(
        self, name: str, of: Type, sort: Any, where: Any, i: int, env: dict[str, Any]
    ) -> Formula:
        def given(x: Term) -> Formula:
            return conj([where(x), self.over(i + 1, {**env, name: single(x)})])

        if (values := self.t.signature.values(of)) is not None:
            return disj(map(given, values))
        x = self.t.signature.fresh(name, sort)
        return some([x], given(x))

    # ------------------------------------------------------------ messages

    def _over_sent(self, i: int, var: c.Var, relation: Relation, env: dict[str, Any]) -> Formula:
        index = self._index(var, env) if relation.wide else None
        return self._columns(i, var, relation, index, [], env)

    def _columns(
        self,
        i: int,
        var: c.Var,
        relation: Relation,
        index: c.Expr | None,
        row: list[Cases],
        env: dict[str, Any],
    ) -> Formula:
        """One column after the other: solved, listed, or quantified."""
        if len(row) == len(relation.columns):
            fields = self.t.signature.message(relation, [x[0][1] for x in row])
            message = MessageValue(fields, index)
            sent = lifted(lambda *xs: self.t.state.sent(relation.record, xs), *row)
            return conj([sent, self.over(i + 1, {**env, var.name: message})])
        name, of = relation.columns[len(row)]

        def rest(x: Cases) -> Formula:
            return self._columns(i, var, relation, index, [*row, x], env)

        if name == "[]":
            found = self.t.term(index, env) if index is not None else None
        else:
            found = self._solved_column(var, name, index, env)
        if found is not None:
            return rest(found)
        if (values := self.t.signature.values(of)) is not None:
            return disj(rest(single(x)) for x in values)
        v = self.t.signature
        x = v.fresh(f"{var.name}.{name}", v.sort(of))
        return some([x], rest(single(x)))

    def _index(self, var: c.Var, env: Env) -> c.Expr | None:
        """The one key at which the maps of a message are looked at."""
        found: list[c.Expr] = []
        for condition, _ in self.conditions:
            for node in walk(condition):
                match node:
                    case c.At(of=c.Field(of=c.Var(name=name)), index=index) if name == var.name:
                        found += [index] if index not in found else []
        if len(found) > 1 or (found and not free(found[0]).keys() <= set(env)):
            raise UnsupportedError("a map of a message at several keys", var.span)
        return found[0] if found else None

    # ------------------------------------------------------------ equations

    def _solved(self, var: c.Var, env: Env) -> Cases | None:
        """What a condition says that a variable is equal to."""
        for left, right in self._equations(env):
            if isinstance(left, c.Var) and left.name == var.name:
                return self._translated(left, right, "", env)
        return None

    def _solved_column(self, var: c.Var, name: str, index: c.Expr | None, env: Env) -> Cases | None:
        for left, right in self._equations(env):
            at = _column(left, var, index)
            if at is not None and (name == at or name.startswith((f"{at}.", f"{at}{FLAG}"))):
                return self._translated(left, right, name.removeprefix(at), env)
        return None

    def _translated(self, left: c.Expr, right: c.Expr, part: str, env: Env) -> Cases | None:
        """What `left == right` says that a part of the left is, if that is one term.

        Others have alternatives, which would be repeated wherever the variable is.
        """
        if isinstance(right.type, (BoolType, MapType, SeqType)):
            return None
        value, t = self.t.value(right, env), right.type
        if isinstance(value, OptionalValue) and not is_flagged(left.type):
            value, t = value.of, t.inner  # type: ignore[attr-defined]
        found = in_columns(value, t, "", self.t.signature.truth, known=True).get(part)
        return found if isinstance(found, tuple) and len(found) == 1 else None

    def _equations(self, env: Env) -> Iterator[tuple[c.Expr, c.Expr]]:
        """What is equal to what; the least or greatest of many has no term, only a condition."""
        for e, positive in self.conditions:
            if positive and isinstance(e, c.Eq) and without_extremes(e) is e:
                for left, right in ((e.left, e.right), (e.right, e.left)):
                    while isinstance(left, (c.Some, c.Unwrap)):
                        left = left.of
                    if free(right).keys() <= set(env):
                        yield left, right


def _column(e: c.Expr, var: c.Var, index: c.Expr | None) -> str | None:
    """The name of the column, or columns, of a message that hold this, if some do."""
    match e:
        case c.Field(of=c.Var(name=message), name=name):
            return name if message == var.name else None
        case c.At(of=c.Field(of=c.Var(name=message), name=name), index=at):
            return name if message == var.name and at == index else None
        case c.Unwrap(of=of):
            return _column(of, var, index)
        case c.Field(of=of, name=name):
            within = _column(of, var, index)
            return None if within is None else f"{within}.{name}"
    return None
