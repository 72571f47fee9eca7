"""Picks of a mapping from a set: `max(s, default=d)`, and `next((... for ...), d)`, any member.

A pick is a new constant for each key. It is known to be such a member of the set, or the default if
the set is empty. (There always is a largest member: sets in a state are finite.) The state after a
step has picks of its own, so nothing is assumed about which of several members is picked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from quorate.checker.prove.unbounded import UnsupportedError
from quorate.checker.prove.unbounded.logic import Formula, Term
from quorate.checker.prove.unbounded.states import State
from quorate.checker.prove.unbounded.values import Value
from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import (
    MapType,
    NatType,
    OptionType,
    Record,
    SortType,
    Type,
)
from quorate.model.language.ir import core as c
from quorate.model.language.ir.build import FALSE, coerce, conjunction, disjunction

from .rewriting import Rewriting, quantified

AFTER = " after the step"


@dataclass(frozen=True)
class Pick:
    """The member of a set (the largest, if `largest`) that a mapping picks for each of `keys`."""

    name: str
    keys: tuple[c.Var, ...]
    type: Type
    members: c.Expr
    default: c.Expr
    largest: bool

    def read(self) -> c.Read:
        """The pick as an expression."""
        return c.Read(variable=self.name, keys=self.keys, type=self.type)

    def variables(self) -> list[Variable]:
        """Its variables in the state before a step and in the one after it."""
        t = MapType(tuple(k.type for k in self.keys), self.type) if self.keys else self.type
        return [Variable(n, t, None, False, None) for n in (self.name, f"{self.name}{AFTER}")]

    @cached_property
    def definition(self) -> c.Expr:
        """The axiom that defines it. Raises UnsupportedError."""
        cell, rewriting = self.read(), Rewriting({})
        found = rewriting.elements(self.members)
        inside = [
            quantified(False, x.binders, [x.condition, self._is(x.element, cell)]) for x in found
        ]
        nothing = [quantified(True, x.binders, [x.condition], FALSE) for x in found]
        below = [
            quantified(True, x.binders, [x.condition], self._at_most(x.element, cell))
            for x in (found if self.largest else [])
        ]
        default = c.Eq(left=cell, right=self.default, type=c.BOOL)
        picked = disjunction(
            [conjunction([disjunction(inside), *below]), conjunction([*nothing, default])]
        )
        keys = [c.Binder(var=k, domain=c.OverType(type=k.type)) for k in self.keys]
        return quantified(True, keys, [], picked)

    def _is(self, element: c.Expr, cell: c.Read) -> c.Expr:
        return c.Eq(left=coerce(element, self.type), right=cell, type=c.BOOL)

    def _at_most(self, element: c.Expr, cell: c.Read) -> c.Expr:
        t = element.type
        if not (isinstance(t, NatType) or (isinstance(t, SortType) and t.ordered)):
            raise UnsupportedError(f"the largest of values of type {t}", self.members.span)
        of = c.Unwrap(of=cell, type=t) if isinstance(self.type, OptionType) else cell
        return c.LessEq(left=element, right=of, type=c.BOOL)


@dataclass
class Picked:
    """The state after a step, or an initial state, with the picks that a mapping makes in it."""

    state: State
    before: State
    picks: Mapping[str, Pick]

    def cell(self, variable: str, keys: Sequence[Term]) -> Value:
        if variable in self.picks:
            return self.before.cell(f"{variable}{AFTER}", keys)
        return self.state.cell(variable, keys)

    def contains(self, variable: str, keys: Sequence[Term], item: Term) -> Formula:
        return self.state.contains(variable, keys, item)

    def sent(self, record: type[Record], columns: Sequence[Term]) -> Formula:
        return self.state.sent(record, columns)


def rewritten(pick: Pick, rewrite: Any) -> Pick:
    """The pick with its set and default rewritten."""
    return replace(pick, members=rewrite(pick.members), default=rewrite(pick.default))
