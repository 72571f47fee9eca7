"""The core IR, which every engine reads: first-order, with everything resolved and explicit.

Helpers are inlined, and comprehensions are quantifiers over binders. The body of an action is a
list of guards and a list of conditional effects; all their expressions read the state before it.
"""

from __future__ import annotations

from dataclasses import field
from functools import cached_property
from typing import Any

from quorate.model.language.declare.protocol import Protocol, Variable
from quorate.model.language.declare.types import BoolType, Record, Type
from quorate.model.language.diagnostics import NOWHERE, Span

from .node import IRNode

BOOL = BoolType()


class Expr(IRNode):
    """An expression: immutable and typed. Its span does not take part in equality."""

    type: Type
    span: Span = field(default=NOWHERE, compare=False, repr=False)


class _OfOne(Expr):
    of: Expr


class _OfTwo(Expr):
    left: Expr
    right: Expr


class Var(Expr):
    """A parameter or a bound variable. Names are unique within an action or property."""

    name: str


class Lit(Expr):
    """A constant: an element, an enum member, a number, a truth value or None."""

    value: Any


class Read(Expr):
    """A state variable, or the cell of a map variable at `keys`."""

    variable: str
    keys: tuple[Expr, ...]


class Sent(Expr):
    """Whether this message has been sent."""

    variable: str
    message: Expr


class Some(_OfOne): ...  # a value of T as a value of `T | None`


class Unwrap(_OfOne): ...  # one of T in `T | None`; undefined on None, which a test excludes


class OneOf(_OfOne): ...  # a value of A as a value of `A | B`


class As(_OfOne): ...  # one of A in `A | B`; undefined on the others, which a test excludes


class Is(_OfOne):
    """Whether a value of `A | B` is one of `kind`."""

    kind: Type


class Field(_OfOne):
    """A field of a record; undefined on None."""

    name: str


class At(_OfOne):
    """The value of a map at a key, or of a sequence at a position (undefined past its end)."""

    index: Expr


class _Cut(_OfOne):
    count: Expr


class Prefix(_Cut): ...  # the first `count` items of a sequence (all if there are fewer)


class Suffix(_Cut): ...  # a sequence without its first `count` items


class Concat(_OfTwo): ...


class MakeRecord(Expr):
    record: type[Record]
    args: tuple[Expr, ...]


class MakeSeq(Expr):
    items: tuple[Expr, ...]


class MakeSet(Expr):
    items: tuple[Expr, ...]


class MakeMap(Expr):
    """A map that has, for every element of the type of `var`, the value of `body`."""

    var: Var
    body: Expr


class SetOp(_OfTwo):
    op: str  # "|" | "&" | "-"


class _Over(Expr):
    binders: tuple[Binder, ...]
    condition: Expr


class SetComp(_Over):
    """The values of `element` for the values of the binders for which `condition` holds."""

    element: Expr


class Filter(_Over):
    """The items of a sequence for which the condition holds; one binder, over its items."""


class Member(Expr):
    item: Expr
    of: Expr


class Subset(_OfTwo): ...


class Len(_OfOne): ...  # the length of a sequence, the number of members of a set


class Count(_Over): ...  # the number of values of the binders for which the condition holds


class Extreme(_Over):
    """The value with the extreme keys, in their order; undefined if there is none, or two."""

    op: str  # "min" | "max"
    element: Expr
    keys: tuple[Expr, ...]


class Arith(_OfTwo):
    op: str  # "+" | "-", of naturals undefined below 0 | "*" | "//" | "%", undefined by 0


class Convert(_OfOne): ...  # a number as one of another type, undefined if that has none such


class Eq(_OfTwo): ...


class Less(_OfTwo): ...


class LessEq(_OfTwo): ...


class Not(Expr):
    arg: Expr


class And(Expr):
    args: tuple[Expr, ...]


class Or(Expr):
    args: tuple[Expr, ...]


class Ite(Expr):
    test: Expr
    then: Expr
    orelse: Expr


class Quant(Expr):
    """`body` holds for all, or for some, values of the binders."""

    forall: bool
    binders: tuple[Binder, ...]
    body: Expr


class OverType(IRNode):
    """The proper elements of a sort, an enum, a number range or a quorum system."""

    type: Type


class _OfClass(IRNode):
    variable: str
    record: type[Record]


class OverSent(_OfClass): ...  # the messages of one class that have been sent


class OverMembers(IRNode):
    """The members of a set or quorum, or the items of a sequence."""

    of: Expr


class OverRange(IRNode):
    """The numbers from `lower` up to, not including, `upper`."""

    lower: Expr
    upper: Expr


class OverNext(_OfClass): ...  # those that are the first on their links of a fifo network


Domain = OverType | OverSent | OverNext | OverMembers | OverRange


class Binder(IRNode):
    """A bound variable and its domain, which is evaluated only where `when` holds, if given."""

    var: Var
    domain: Domain
    when: Expr | None = None


# ---------------------------------------------------------------- actions and properties


class Guard(IRNode):
    """One `require`: the unit of explanations, coverage and mutation."""

    condition: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    delivery: bool = field(default=False, compare=False, repr=False)
    """Whether it says that a message can be delivered: the parameter's own, no `require`."""

    @property
    def text(self) -> str:
        """The condition as written."""
        return self.span.text()


class Write(IRNode):
    """`variable[keys] := value`, for every value of the binders, where `when` holds."""

    variable: str
    keys: tuple[Expr, ...]
    value: Expr
    when: Expr
    binders: tuple[Binder, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


class _OfMessage(IRNode):
    variable: str
    message: Expr
    when: Expr
    binders: tuple[Binder, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)


class Send(_OfMessage): ...  # a message, for every value of the binders, where `when` holds


class Receive(_OfMessage): ...  # it is in flight no more


Effect = Write | Send | Receive


class Action(IRNode):
    """One atomic step. Effects apply in order; a later one overwrites an earlier one."""

    name: str
    parameters: tuple[Binder, ...]
    guards: tuple[Guard, ...]
    effects: tuple[Effect, ...]
    fault: str | None
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    fair: str | None = field(default=None, compare=False)  # "weak" | "strong"; for properties of
    fair_for: tuple[str, ...] = field(default=(), compare=False)  # runs: the steps are the same


class Property(IRNode):
    """A predicate on states: an invariant, a goal, a state of rest, a bound of the search."""

    name: str
    kind: str  # "invariant" | "reachable" | "final" | "constraint"
    body: Expr
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    doc: str = field(default="", compare=False, repr=False)


class Temporal(IRNode):
    """A property of runs, for every value of its parameters.

    `bodies` are the premise and the conclusion of "leads_to", otherwise one predicate. In a
    "step_property", the state before the step is read from variables named `old.x`.
    """

    name: str
    kind: str  # one of `declare.protocol.TEMPORAL`
    parameters: tuple[Binder, ...]
    bodies: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    doc: str = field(default="", compare=False, repr=False)


class Description(IRNode):
    """A protocol as the engines read it."""

    protocol: type[Protocol]
    variables: tuple[Variable, ...]
    inits: tuple[Action, ...]
    actions: tuple[Action, ...]
    properties: tuple[Property, ...]
    finals: tuple[Property, ...] = ()  # where a run may end
    temporal: tuple[Temporal, ...] = ()

    @property
    def name(self) -> str:
        return self.protocol.__name__

    @property
    def invariants(self) -> tuple[Property, ...]:
        return tuple(p for p in self.properties if p.kind == "invariant")

    @property
    def reachables(self) -> tuple[Property, ...]:
        return tuple(p for p in self.properties if p.kind == "reachable")

    def variable(self, name: str) -> Variable:
        return self.by_name[name]

    @cached_property
    def by_name(self) -> dict[str, Variable]:
        return {v.name: v for v in self.variables}

    def action(self, name: str) -> Action:
        """The action of this name. Raises KeyError."""
        return {a.name: a for a in self.actions}[name]
