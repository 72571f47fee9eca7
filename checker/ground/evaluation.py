"""How core expressions become ground values: each is compiled once, to a closure.

A closure takes an environment of ground values and gives one. `Evaluation` has what all kinds of
expressions need: cells of the state, and what is undefined in the expression under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from quorate.model.language.declare.types import (
    MapType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    Type,
    key_values,
)
from quorate.model.language.diagnostics import Span
from quorate.model.language.ir import core as c

from .layout import Layout
from .nodes import Bool, Node, Scalar
from .proper import shift
from .shapes import Bits, Entries, Fields, Items, Present, Value

Env = dict[str, Value]
Closure = Callable[[Env], Value]


@dataclass(frozen=True)
class UndefinedOperation:
    """An operation without a value (a field of None, a position past the end), and when."""

    when: Bool
    span: Span
    what: str


class Evaluation:
    """What it takes to evaluate core expressions over the cells of one state.

    `undefined` collects, for the expression under way, what is undefined and when.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout, self.g, self.v = layout, layout.graph, layout.values
        self.description = layout.description
        self.undefined: list[UndefinedOperation] = []
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
        if when is False:
            return
        condition = self.g.and_([*self._path, when])
        if condition is not False:
            self.undefined.append(UndefinedOperation(condition, span, what))

    def _under(self, condition: Bool, closure: Closure, env: Env) -> Value:
        self._path.append(condition)
        try:
            return closure(env)
        finally:
            self._path.pop()

    # ------------------------------------------------------------ cells

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
            self._states[known] = self.assembled(t, loads)
        return self._states[known]

    def assembled(self, t: Type, parts: Iterator[Scalar]) -> Value:
        """The inverse of `Values.parts`."""
        g = self.g
        match t:
            case OptionType(inner) if not self.v.is_scalar(t):
                present = g.isin(next(parts), 2)
                return Present(present, self.assembled(inner, parts))
            case RecordType():
                return Fields(tuple(self.assembled(f, parts) for f in t.fields.values()))
            case SetType(element):
                return Bits(tuple(g.isin(next(parts), 2) for _ in self.v.members_of(element)))
            case SeqType(element, _):
                length = next(parts)
                longest = self.v.longest(t)
                return Items(length, tuple(self.assembled(element, parts) for _ in range(longest)))
            case MapType(keys, inner):
                return Entries(tuple(self.assembled(inner, parts) for _ in key_values(keys)))
        scalar = next(parts)
        return g.isin(scalar, 2) if t == c.BOOL else scalar

    # ------------------------------------------------------------ values with several parts

    def bits(self, value: Value, t: Type) -> tuple[Bool, ...]:
        """The membership conditions of a set or quorum."""
        if isinstance(t, QuorumType):
            return self.v.members(value, t).members
        return value.members  # type: ignore[no-any-return]

    def _pick(self, items: tuple[Value, ...], position: Scalar, t: Type) -> Value:
        if not isinstance(position, Node):
            return items[position] if position < len(items) else self.v.zero(t)
        found = items[0] if items else self.v.zero(t)
        for i, item in enumerate(items[1:], start=1):
            found = self.v.choose(self.g.eq(position, i), item, found, t)
        return found
