"""What the mixins of the expression reader share: names in scope, mistakes, expected types.

The mixins in `references`, `operators`, `comparisons`, `calls` and `generators` each add some
syntax; `expressions` puts them together.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, Self

from quorate.model.language.declare.annotations import NotAType
from quorate.model.language.declare.protocol import Protocol, Variable, is_enum
from quorate.model.language.declare.quorums import QuorumSystem
from quorate.model.language.declare.sorts import Int, Nat, Sort
from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    IntType,
    MapType,
    Message,
    MessagesType,
    OptionType,
    QuorumType,
    Record,
    SeqType,
    SetType,
    SortType,
    Type,
    type_of,
)
from quorate.model.language.diagnostics import Diagnostic, ModelError, Span, article
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import NUMBER, bottom_of, fits, is_numeric

from .annotations import type_hint
from .earlier import NotKnown, value_now
from .hashing import python_set
from .narrowing import as_one_of, narrowed, present_where, union_in
from .source import span_of
from .wording import code


@dataclass
class BaseReader:
    """Reads the expressions of one function. `env` maps local names to their meaning."""

    protocol: type[Protocol]
    variables: Mapping[str, Variable]
    defines: Mapping[str, Any]
    scope: Mapping[str, Any]
    file: str
    where: str
    env: dict[str, s.Expr] = field(default_factory=dict)
    written: dict[str, Span] = field(default_factory=dict)  # the first write of each variable
    done: list[s.Statement] = field(default_factory=list)  # the effects so far
    calling: tuple[str, ...] = ()
    present: tuple[s.Expr, ...] = ()  # values of some `T | None` known not to be None here
    read_define: Any = None  # set by capture: name -> (parameters, body)
    read_guards: Any = None  # the same of an action and its guards
    failed: dict[str, ModelError] = field(default_factory=dict)  # why a local name has no value
    later: dict[str, str] = field(default_factory=dict)  # names that a `for` binds further right
    old: str | None = None  # what a property of steps calls the state before

    # ------------------------------------------------------------ errors

    def fail(
        self,
        code: str,
        title: str,
        node: ast.AST | Span,
        label: str = "",
        help: str = "",
        also: tuple[tuple[Span, str], ...] = (),
    ) -> NoReturn:
        span = node if isinstance(node, Span) else self.span(node)
        raise ModelError([Diagnostic(code, title, span, label, help, self.where, also)])

    def span(self, node: ast.AST) -> Span:
        return span_of(node, self.file)

    def check_hashed(self, *given: tuple[ast.expr, s.Expr]) -> None:
        """Report what is to be a member of a set or a key, and which CPython cannot hash."""
        for node, value in given:
            if (found := python_set(value)) is not None:
                parts = (n for n in ast.walk(node) if isinstance(n, ast.expr))
                part = next((n for n in parts if self.span(n) == found.span), node)
                self.fail(
                    "unhashable",
                    "CPython cannot hash a set that is made here",
                    part,
                    "a Python `set`",
                    f"write `frozenset({code(part)})`",
                )

    # ------------------------------------------------------------ entry points

    def value(self, node: ast.expr, expected: Type) -> s.Expr:
        """An expression that must have the type `expected`."""
        found = as_one_of(self.read(node, expected), expected)
        if fits(found.type, expected):
            return replace(found, type=expected) if isinstance(found, s.SequenceOf) else found
        self.check_present(node, found, expected)
        self.check_alternative(node, found, expected)
        if isinstance(found, s.Constant) and found.value is None:
            self.fail(
                "none-not-allowed",
                f"None is not a value of {expected}",
                node,
                f"expected {expected}",
                f"declare it as `{expected} | None`"
                if not bottom_of(expected)
                else f"the value for nothing yet is `{expected}.{bottom_of(expected)}`",
            )
        wanted = expected.inner if isinstance(expected, OptionType) else expected
        counted = isinstance(wanted, SortType) and found.type == NUMBER
        self.fail(
            "type-mismatch",
            f"expected {expected}, found {found.type}",
            node,
            f"this is {article(found.type)}",
            f"no element is special: take one as a parameter, `x: {wanted}`" if counted else "",
        )

    def check_present(self, node: ast.expr, found: s.Expr, wanted: Type) -> None:
        """Report a value that may be None where a value of type `wanted` is needed."""
        if not isinstance(found.type, OptionType) or not fits(found.type.inner, wanted):
            return
        test = ast.Compare(left=node, ops=[ast.IsNot()], comparators=[ast.Constant(None)])
        text = code(test)
        self.fail(
            "may-be-none",
            f"expected {wanted}, but this may be None",
            node,
            f"this is {article(found.type)}",
            f"test it first: `require({text})`, `if {text}:`, or `{text} and ...`",
        )

    def check_alternative(self, node: ast.expr, found: s.Expr, wanted: Type) -> None:
        """Report a value of a union where one of its types is needed."""
        union = union_in(found.type)
        inner = wanted.inner if isinstance(wanted, OptionType) else wanted
        if union is None or inner not in union.alternatives:
            return
        text = f"isinstance({code(node)}, {inner})"
        self.fail(
            "may-be-another",
            f"expected {wanted}, but this may be of another type",
            node,
            f"this is {article(found.type)}",
            f"test it first: `require({text})`, `if {text}:`, or `{text} and ...`",
        )

    def condition(self, node: ast.expr, negated: bool = False) -> s.Expr:
        """An expression used as a truth value; `negated` where it stands after `not`."""
        found = self.read_any(node, BoolType())
        if isinstance(found.type, BoolType):
            return found
        if isinstance(found.type, (s.ListType, SetType, SeqType, QuorumType)):
            return s.Truth(of=found, type=BoolType(), span=self.span(node))
        text = code(node)
        hint = (
            f"write `{text} is{'' if negated else ' not'} None`"
            if isinstance(found.type, OptionType)
            else f"write `{text} {'==' if negated else '!='} {found.type}.{bottom_of(found.type)}`"
            if bottom_of(found.type)
            else f"write `{text} {'==' if negated else '!=' if _signed(found) else '>'} 0`"
            if is_numeric(found)
            else "compare it with something: `==`, `!=`, `in`"
        )
        self.fail(
            "not-a-condition",
            "expected a condition",
            node,
            f"this is {article(found.type)}",
            hint,
        )

    def read(self, node: ast.expr, expected: Type | None = None) -> s.Expr:
        """An expression of which the value is used; `expected` only guides literals."""
        found = self.read_any(node, expected)
        if (operand := _operand(found)) is not None:
            self.fail(
                "type-mismatch",
                f"expected bool, found {operand.of.type}",
                operand.span,
                "in CPython, this may be the value of the whole",
                f"write `len({operand.span.text()}) > 0`",
            )
        return found

    def read_any(self, node: ast.expr, expected: Type | None = None) -> s.Expr:
        """An expression of any type, of which perhaps only the truth value is used."""
        method = getattr(self, f"_read_{type(node).__name__}", None)
        if method is None:
            self.fail(
                "unsupported-expression",
                f"`{_kind(node)}` is not part of the modelling language",
                node,
                "not allowed here",
                "allowed: comparisons, and/or/not, `x if c else y`, all/any/[...] over sorts, "
                "quorums and messages, state reads, records",
            )
        found: s.Expr = method(node, expected)
        if isinstance(found, s.SortRange):
            self._sort_as_value(node, found)
        if isinstance(found, s.StateRead) and isinstance(found.type, MapType) and not found.keys:
            self._whole_map(node, found.variable, found.type)
        wide = isinstance(expected, OptionType) and union_in(expected) == union_in(found.type)
        return found if wide else narrowed(found, self.present)

    def alike(
        self,
        one: tuple[BaseReader, ast.expr],
        other: tuple[BaseReader, ast.expr],
        expected: Type | None,
    ) -> tuple[s.Expr, s.Expr]:
        """Two expressions. A literal sequence takes its type from the other expression."""
        (a, left), (b, right) = one, other
        if isinstance(left, ast.Tuple) and not isinstance(right, ast.Tuple):
            last = b.read(right, expected)
            return a.read(left, _of_sequence(last, expected)), last
        first = a.read(left, expected)
        return first, b.read(right, _of_sequence(first, expected))

    def learn(self, condition: s.Expr) -> None:
        """Assume the condition from here on."""
        self.present += present_where(condition, True)

    def given(self, condition: s.Expr, holds: bool) -> Self:
        """A reader for code that runs only where the condition holds, or only where it does not."""
        return replace(self, present=self.present + present_where(condition, holds))

    def now(self, node: ast.expr, read: s.StateRead) -> s.Expr:
        """What a variable or cell holds here, after what the same step wrote above."""
        if read.variable.name not in self.written:
            return read
        try:
            return replace(value_now(read, self.done), span=self.span(node))
        except NotKnown:
            self.unknown(node, read.variable)

    def check_unwritten(self, node: ast.expr, variable: Variable) -> None:
        """Check that the messages that `node` reads did not change before in the same step."""
        if variable.name in self.written:
            self.unknown(node, variable)

    def unknown(self, node: ast.expr, variable: Variable) -> NoReturn:
        """Report a read of a variable, or of messages, whose value here has no expression."""
        wrote = self.written[variable.name]
        used = [
            self.env[n.id] for n in ast.walk(node) if isinstance(n, ast.Name) if n.id in self.env
        ]
        later = [e for e in used if (e.span.line, e.span.col) > (wrote.line, wrote.col)]
        self.fail(
            "read-after-write",
            f"`self.{variable.name}` is read after it was written in the same step",
            node,
            f"only `M(...) in self.{variable.name}` sees what was sent above"
            if isinstance(variable.type, MessagesType) and variable.type.network is None
            else "what is in flight is read as it was before the step"
            if isinstance(variable.type, MessagesType)
            else "which round of the loop wrote it last is not known",
            f"read it before line {wrote.line}: "
            f"{_kept(node, variable) if later else f'`old = {code(node)}`'}",
            ((wrote, "written here"),),
        )

    def _whole_map(self, node: ast.expr, variable: Variable, t: MapType) -> NoReturn:
        name = "x" if len(t.keys) == 1 else "..."
        self.fail(
            "whole-map",
            f"`self.{variable.name}` is read one cell at a time",
            node,
            f"this is the whole {t}",
            f"write `{{{name}: self.{variable.name}[{name}] for {name} in {t.keys[0]}}}`"
            if len(t.keys) == 1
            else f"write `self.{variable.name}[{', '.join(['...'] * len(t.keys))}]`",
        )

    def iterated(self, node: ast.expr) -> s.Expr:
        """What a `for` iterates over: a sort, or an expression."""
        known = isinstance(node, ast.Name) and node.id not in self.env and node.id in self.scope
        found = self.all_of(node, self.scope[node.id]) if known else None  # type: ignore[attr-defined]
        return self.read(node) if found is None else found

    def all_of(self, node: ast.AST, value: Any) -> s.SortRange | None:
        """All elements of a global sort, enum or quorum system; None for other values."""
        if is_enum(value):
            return s.SortRange(type=EnumType(value), span=self.span(node))
        if not (isinstance(value, type) and issubclass(value, (Sort, Nat, Int, QuorumSystem))):
            return None
        try:
            return s.SortRange(type=type_of(value), span=self.span(node))
        except NotAType as error:
            self.fail(
                "sort-as-value",
                f"`{error}` has no elements of its own",
                node,
                "stands for any sort, range or system of its kind",
                f"write the name of one; {type_hint(str(error))}",
            )

    def between(self, left: ast.expr, right: ast.expr) -> Span:
        """The source range from one expression to the end of another."""
        one, other = self.span(left), self.span(right)
        return Span(one.file, one.line, one.col, other.end_line, other.end_col)

    def _sort_as_value(self, node: ast.expr, found: s.SortRange) -> NoReturn:
        t = found.type
        letter = t.sort.short if isinstance(t, SortType) else str(t)[0].lower()
        self.fail(
            "sort-as-value",
            f"`{t}` stands for all its elements, not for one",
            node,
            "not a value",
            f"take an element as a parameter, `{letter}: {t}`, or go over all: "
            f"`for {letter} in {t}`",
        )

    def check_name(self, name: str, node: ast.AST) -> None:
        """Check that a local name hides no sort, message class or name of the language."""
        hidden = self.scope.get(name)
        if isinstance(hidden, type) or name in _WORDS:
            self.fail(
                "shadowed",
                f"`{name}` hides a name from outside the method",
                node,
                f"{article('class' if isinstance(hidden, type) else 'name')} of the description",
                "choose another name",
            )

    def check_declared(
        self, node: ast.AST | Span, variable: Variable, record: type[Record]
    ) -> None:
        assert isinstance(variable.type, MessagesType)
        if not issubclass(record, Message):
            self.fail(
                "not-a-message",
                f"`{record.__name__}` is a record, not a message",
                node,
                "never sent",
                f"declare it as a message: `class {record.__name__}(Message)`",
            )
        if record not in variable.type.messages:
            self.fail(
                "not-sent-here",
                f"`{record.__name__}` is not a message of self.{variable.name}",
                node,
                "undeclared message",
                f"declare it: `{variable.name}: {MessagesType((*variable.type.messages, record))}`",
            )


_WORDS = ("self", "super", "require", "all", "any", "len", "min", "max", "range", "set")


def _operand(e: s.Expr) -> s.Truth | None:
    """A set, list or sequence that CPython makes the value of a condition: `s and x` may be s."""
    match e:
        case s.Truth():
            return e
        case s.Boolean(args=args):
            return next(filter(None, map(_operand, args)), None)
        case s.Conditional(then=then, orelse=orelse):
            return _operand(then) or _operand(orelse)
        case s.Local(value=of) | s.Call(body=of):
            return _operand(of)
    return None


def _signed(e: s.Expr) -> bool:
    return isinstance(e.type, IntType)


def _of_sequence(e: s.Expr, expected: Type | None) -> Type | None:
    return e.type if isinstance(e.type, SeqType) else expected


def _kept(node: ast.expr, variable: Variable) -> str:
    """How to read a variable before the step writes it, if what is needed is known only later."""
    t = variable.type
    if isinstance(node, ast.Subscript) and isinstance(t, MapType) and len(t.keys) == 1:
        cells = f"{{x: self.{variable.name}[x] for x in {t.keys[0]}}}"
        return f"`old = {cells}`, and here `old[{code(node.slice)}]`"
    return "bind the value that you need to a local name there"


def _kind(node: ast.AST) -> str:
    return {
        "Lambda": "lambda",
        "Await": "await",
        "Yield": "yield",
        "JoinedStr": "f-string",
        "Starred": "*",
        "Dict": "{...: ...}",
        "GeneratorExp": "generator",
    }.get(type(node).__name__, type(node).__name__)
