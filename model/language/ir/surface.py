"""The surface IR: a protocol as its author wrote it, with names resolved and every part typed.

Comprehensions, chained comparisons, calls of `@define` helpers and local names are as written.
Explanations and the export to TLA+ read this form; `lower.py` translates it to the core IR.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quorate.model.language.declare.protocol import Protocol, Variable
from quorate.model.language.declare.types import BoolType, Record, Type
from quorate.model.language.diagnostics import NOWHERE, Span

from .node import IRNode

# Every expression has a type and a span; spans do not take part in equality.


class Expr(IRNode):
    type: Type
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class ListType(Type):
    """The type of a local list of records or elements. It can be iterated, counted and tested."""

    element: Type

    def __str__(self) -> str:
        return f"list of {self.element}"


class Name(Expr):
    """A parameter or a variable bound by a generator; `uid` distinguishes equal names."""

    name: str
    uid: int


class Constant(Expr):
    value: Any


class StateRead(Expr):
    variable: Variable
    keys: tuple[Expr, ...]


class Field(Expr):
    of: Expr
    name: str


class Unwrap(Expr):
    """A value of `T | None` where an earlier test shows that it is not None."""

    of: Expr


class OneOf(Expr):
    """A value of A as one of `A | B`."""

    of: Expr


class As(Expr):
    """A value of `A | B` where an earlier test shows that it is one of A."""

    of: Expr


class Is(Expr):
    """`isinstance(x, (A, B))`."""

    of: Expr
    kinds: tuple[Type, ...]


class Subscript(Expr):
    of: Expr
    index: Expr


class Last(Expr):
    """`sequence[-1]`."""

    of: Expr


class Slice(Expr):
    of: Expr
    lower: Expr | None
    upper: Expr | None


class New(Expr):
    record: type[Record]
    args: tuple[Expr, ...]


class Boolean(Expr):
    op: str  # "and" | "or"
    args: tuple[Expr, ...]


class Not(Expr):
    arg: Expr


class Truth(Expr):
    """Whether a list, set or sequence has any element."""

    of: Expr


class Compare(Expr):
    first: Expr
    rest: tuple[tuple[str, Expr], ...]  # "==", "!=", "<", "<=", ">", ">=", "in", "not in"


class Conditional(Expr):
    test: Expr
    then: Expr
    orelse: Expr


class Generator(IRNode):
    """`for name in iterable if conditions`."""

    name: Name
    iterable: Expr
    conditions: tuple[Expr, ...]


class Quantified(Expr):
    kind: str  # "all" | "any"
    element: Expr
    generators: tuple[Generator, ...]


class Comprehension(Expr):
    kind: str  # "list" | "set" | "dict"
    element: Expr
    generators: tuple[Generator, ...]

    @property
    def each_once(self) -> bool:
        """Whether going over the generators goes over every element of the value as often as it."""
        (*others, last) = self.generators
        return self.kind == "list" or (not others and self.element == last.name)


class Call(Expr):
    """A call of a `@define` helper; `body` is the helper's own expression over `parameters`."""

    name: str
    parameters: tuple[Name, ...]
    args: tuple[Expr, ...]
    body: Expr


class Local(Expr):
    """A use of a local name; `value` is what it is bound to."""

    name: str
    value: Expr


class Declared(Expr):
    """A value as one of the wider type with which its local name is declared.

    Or, if `written`, what the same step gave a variable above: it was evaluated there.
    """

    of: Expr
    written: bool = field(default=False, compare=False)


class Length(Expr):
    of: Expr


class Arithmetic(Expr):
    op: str  # "+" | "-" | "*" | "//" | "%" | "min" | "max"
    left: Expr
    right: Expr


class Extreme(Expr):
    """`min` or `max` of a comprehension: the element whose keys, in this order, decide."""

    op: str  # "min" | "max"
    element: Expr
    keys: tuple[Expr, ...]
    generators: tuple[Generator, ...]
    default: Expr | None


class SequenceOf(Expr):
    """`(x, y)` or `[x, y]` as a sequence."""

    items: tuple[Expr, ...]


class Filter(Expr):
    """`tuple(x for x in sequence if conditions)`: the items that are kept, in their order."""

    generator: Generator


class Concat(Expr):
    left: Expr
    right: Expr


class SetOf(Expr):
    items: tuple[Expr, ...]


class Frozen(Expr):
    """`frozenset(s)`: the same set, which CPython can hash."""

    of: Expr


class SetOperation(Expr):
    op: str  # "|" | "&" | "-"
    left: Expr
    right: Expr


class SortRange(Expr):
    """The elements of a sort, enum, number range or quorum system."""


class NumberRange(Expr):
    """`range(lower, upper)`."""

    lower: Expr
    upper: Expr


class SentMessages(Expr):
    """`self.sent[M]` to iterate, or `self.sent` (record None) to test membership."""

    variable: Variable
    record: type[Record] | None


# ---------------------------------------------------------------- statements


class Statement(IRNode):
    """A statement; `bound` are the values of the local names that are bound right before it."""

    bound: tuple[Expr, ...] = field(default=(), compare=False, repr=False)
    span: Span = field(default=NOWHERE, compare=False, repr=False)


class Require(Statement):
    condition: Expr
    delivery: bool = False
    """Whether it says that a message can be delivered: the parameter's own, no `require`."""


class Assign(Statement):
    variable: Variable
    keys: tuple[Expr, ...]
    value: Expr


class Send(Statement):
    variable: Variable
    message: Expr


class Receive(Statement):
    """A message is in flight no more: it is a parameter, or `self.sent.discard(message)`."""

    variable: Variable
    message: Expr


class Drop(Statement):
    """All that is in flight on a link is lost, but for the first `kept` messages."""

    variable: Variable
    ends: tuple[Expr, Expr]
    kept: Expr | None = None


class If(Statement):
    test: Expr
    then: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class For(Statement):
    generator: Generator
    body: tuple[Statement, ...]


class Crash(Statement):
    process: Expr


class Action(IRNode):
    name: str
    parameters: tuple[Name, ...]
    body: tuple[Statement, ...]
    fault: str | None
    span: Span
    fair: str | None = None  # "weak" | "strong"
    fair_for: tuple[str, ...] = ()


class Property(IRNode):
    name: str
    kind: str  # "invariant" | "reachable" | "final" | "constraint"
    body: Expr
    span: Span
    doc: str = ""


class Temporal(IRNode):
    """A property of runs; `bodies` are the premise and the conclusion of "leads_to", else one.

    In a "step_property", `old.x` is read from a variable with that name.
    """

    name: str
    kind: str  # one of `declare.protocol.TEMPORAL`
    parameters: tuple[Name, ...]
    bodies: tuple[Expr, ...]
    span: Span
    doc: str = ""


class Description(IRNode):
    """A protocol class as it was read."""

    protocol: type[Protocol]
    variables: tuple[Variable, ...]
    inits: tuple[Action, ...]
    actions: tuple[Action, ...]
    properties: tuple[Property, ...]
    finals: tuple[Property, ...] = ()
    temporal: tuple[Temporal, ...] = ()


BOOL = BoolType()
