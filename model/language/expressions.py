"""Reading expressions: Python syntax to typed surface nodes, with every mistake explained."""

from __future__ import annotations

import ast
import builtins
import difflib
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from . import surface as s
from .data import NotAType, Record, type_of
from .diagnostics import Diagnostic, ModelError, Span
from .protocol import Protocol, Variable, is_enum
from .quorums import QuorumSystem
from .sorts import Nat, Ordered, Sort
from .source import span_of
from .types import (
    BoolType,
    EnumType,
    MapType,
    MessagesType,
    NatType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)

NUMBER = NatType(None)
_uids = itertools.count()

_COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "==",
    ast.IsNot: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
}


@dataclass
class Reader:
    """Reads the expressions of one function. `env` maps local names to what they stand for."""

    protocol: type[Protocol]
    variables: Mapping[str, Variable]
    defines: Mapping[str, Any]
    scope: Mapping[str, Any]
    file: str
    where: str
    env: dict[str, s.Expr] = field(default_factory=dict)
    written: dict[str, Span] = field(default_factory=dict)
    calling: tuple[str, ...] = ()
    read_define: Any = None  # set by capture: name -> (parameters, body)

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

    # ------------------------------------------------------------ entry points

    def value(self, node: ast.expr, expected: Type) -> s.Expr:
        """An expression that must have the type `expected`."""
        found = self.read(node, expected)
        if fits(found.type, expected):
            return replace(found, type=expected) if isinstance(found, s.SequenceOf) else found
        if isinstance(found.type, OptionType) and fits(found.type.inner, expected):
            self.fail(
                "may-be-none",
                f"expected {expected}, but this may be None",
                node,
                f"this is a {found.type}",
                "take the value as a parameter and require that it equals this: "
                f"`v: {expected}` with `require(v == {ast.unparse(node)})`",
            )
        if isinstance(found, s.Constant) and found.value is None:
            self.fail(
                "none-not-allowed",
                f"None is not a value of {expected}",
                node,
                f"expected {expected}",
                f"declare it as `{expected} | None`"
                if not _bottom(expected)
                else f"the value for nothing yet is `{expected}.{_bottom(expected)}`",
            )
        self.fail(
            "type-mismatch",
            f"expected {expected}, found {found.type}",
            node,
            f"this is a {found.type}",
        )

    def condition(self, node: ast.expr) -> s.Expr:
        """An expression used as a truth value."""
        found = self.read(node, BoolType())
        if isinstance(found.type, BoolType):
            return found
        if isinstance(found.type, (s.ListType, SetType, SeqType, QuorumType)):
            return s.Truth(of=found, type=BoolType(), span=self.span(node))
        text = ast.unparse(node)
        hint = (
            f"write `{text} is not None`"
            if isinstance(found.type, OptionType)
            else "write a comparison"
        )
        self.fail("not-a-condition", "expected a condition", node, f"this is a {found.type}", hint)

    def read(self, node: ast.expr, expected: Type | None = None) -> s.Expr:
        """An expression of any type; `expected` only guides literals."""
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
        return method(node, expected)  # type: ignore[no-any-return]

    # ------------------------------------------------------------ names and constants

    def _read_Name(self, node: ast.Name, expected: Type | None) -> s.Expr:
        if node.id in self.env:
            bound = self.env[node.id]
            if isinstance(bound, s.Name):
                return replace(bound, span=self.span(node))
            return s.Local(name=node.id, value=bound, type=bound.type, span=self.span(node))
        if node.id in self.scope:
            return self._global(node, node.id, self.scope[node.id])
        near = difflib.get_close_matches(node.id, [*self.env, *self.scope], 1)
        own = [n for n in self.variables if n == node.id]
        hint = f"write `self.{node.id}`" if own else f"did you mean `{near[0]}`?" if near else ""
        self.fail("unknown-name", f"name `{node.id}` is not defined", node, "unknown name", hint)

    def _global(self, node: ast.AST, name: str, value: Any) -> s.Expr:
        if isinstance(value, type) and issubclass(value, (Sort, Nat, QuorumSystem)):
            return s.SortRange(type=type_of(value), span=self.span(node))
        if is_enum(value):
            return s.SortRange(type=EnumType(value), span=self.span(node))
        if isinstance(value, (bool, int)) or value is None:
            return self._constant(node, value)
        if isinstance(value, Sort):
            return s.Constant(value=value, type=SortType(type(value)), span=self.span(node))
        if is_enum(type(value)):
            return s.Constant(value=value, type=EnumType(type(value)), span=self.span(node))
        self.fail(
            "not-a-value",
            f"`{name}` is not a value of the modelling language",
            node,
            f"this is a Python {type(value).__name__}",
            "state belongs in variables of the protocol; fixed sets in sorts",
        )

    def _read_Constant(self, node: ast.Constant, expected: Type | None) -> s.Expr:
        if node.value is None or isinstance(node.value, (bool, int)):
            return self._constant(node, node.value, expected)
        self.fail(
            "unsupported-literal",
            f"{node.value!r} is not a value of the modelling language",
            node,
            f"a {type(node.value).__name__}",
            "values are elements of sorts, enum members, numbers, booleans and None",
        )

    def _constant(self, node: ast.AST, value: Any, expected: Type | None = None) -> s.Expr:
        t: Type
        if value is None:
            t = expected if isinstance(expected, OptionType) else NONE
        else:
            t = BoolType() if isinstance(value, bool) else NUMBER
        return s.Constant(value=value, type=t, span=self.span(node))

    # ------------------------------------------------------------ attributes: state, fields

    def _read_Attribute(self, node: ast.Attribute, expected: Type | None) -> s.Expr:
        if isinstance(node.value, ast.Name) and node.value.id not in self.env:
            if node.value.id == "self":
                return self._state(node)
            owner = self.scope.get(node.value.id)
            if isinstance(owner, type) and (issubclass(owner, Sort) or is_enum(owner)):
                return self._member(node, owner)
        of = self.read(node.value)
        record = of.type.inner if isinstance(of.type, OptionType) else of.type
        if not isinstance(record, RecordType):
            self.fail(
                "no-fields",
                f"a {of.type} has no fields",
                node,
                f"`{ast.unparse(node.value)}` is a {of.type}",
            )
        fields = record.fields
        if node.attr not in fields:
            near = difflib.get_close_matches(node.attr, fields, 1)
            hint = f"did you mean `{near[0]}`? " if near else ""
            self.fail(
                "unknown-field",
                f"{record} has no field `{node.attr}`",
                node,
                "unknown field",
                f"{hint}its fields are {', '.join(fields)}",
            )
        return s.Field(of=of, name=node.attr, type=fields[node.attr], span=self.span(node))

    def _member(self, node: ast.Attribute, owner: Any) -> s.Expr:
        value = getattr(owner, node.attr, None)
        if isinstance(value, owner):
            return s.Constant(value=value, type=type_of(owner), span=self.span(node))
        known = (
            [m.name for m in owner]
            if is_enum(owner)
            else [owner.bottom]
            if issubclass(owner, Ordered) and owner.bottom
            else []
        )
        self.fail(
            "unknown-constant",
            f"{owner.__name__} has no constant `{node.attr}`",
            node,
            "unknown constant",
            f"it has {', '.join(known)}" if known else "declare `bottom=` to name a least element",
        )

    def _state(self, node: ast.Attribute) -> s.Expr:
        variable = self.variable(node)
        self._check_unwritten(node, variable)
        if isinstance(variable.type, MessagesType):
            return s.SentMessages(
                variable=variable, record=None, type=variable.type, span=self.span(node)
            )
        return s.StateRead(variable=variable, keys=(), type=variable.type, span=self.span(node))

    def variable(self, node: ast.Attribute) -> Variable:
        """The state variable that `self.name` names."""
        if node.attr in self.variables:
            return self.variables[node.attr]
        near = difflib.get_close_matches(node.attr, [*self.variables, *self.defines], 1)
        self.fail(
            "unknown-variable",
            f"{self.protocol.__name__} has no state variable `{node.attr}`",
            node,
            "unknown variable",
            f"did you mean `self.{near[0]}`?"
            if near
            else f"its variables are {', '.join(self.variables)}",
        )

    def _check_unwritten(self, node: ast.AST, variable: Variable) -> None:
        if (wrote := self.written.get(variable.name)) is not None:
            self.fail(
                "read-after-write",
                f"`self.{variable.name}` is read after it was written in the same step",
                node,
                "read here",
                f"read it before line {wrote.line}: `old = self.{variable.name}...` "
                "(a step is atomic: all its reads see the state before it)",
                ((wrote, "written here"),),
            )

    # ------------------------------------------------------------ subscripts

    def _read_Subscript(self, node: ast.Subscript, expected: Type | None) -> s.Expr:
        of = self.read(node.value)
        if isinstance(of, s.SentMessages):
            return self._sent(node, of)
        if isinstance(node.slice, ast.Slice):
            return self._slice(node, node.slice, of)
        match of.type:
            case MapType():
                keys = self.keys(node, of.type)
                if isinstance(of, s.StateRead) and not of.keys:
                    return replace(of, keys=keys, type=of.type.value, span=self.span(node))
                if len(keys) != 1:
                    self.fail("key-count", "a map inside a message has one key", node.slice)
                return s.Subscript(of=of, index=keys[0], type=of.type.value, span=self.span(node))
            case SeqType(element, _):
                if _is_minus_one(node.slice):
                    return s.Last(of=of, type=element, span=self.span(node))
                index = self.value(node.slice, NUMBER)
                return s.Subscript(of=of, index=index, type=element, span=self.span(node))
        self.fail(
            "not-subscriptable",
            f"a {of.type} cannot be subscripted",
            node,
            f"`{ast.unparse(node.value)}` is a {of.type}",
        )

    def keys(self, node: ast.Subscript, t: MapType) -> tuple[s.Expr, ...]:
        """The key expressions of `map[...]`."""
        given = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if len(given) != len(t.keys):
            self.fail(
                "key-count",
                f"{t} takes {len(t.keys)} key{'s' * (len(t.keys) > 1)}, got {len(given)}",
                node.slice,
                f"expected {', '.join(map(str, t.keys))}",
            )
        return tuple(self.value(k, kt) for k, kt in zip(given, t.keys, strict=True))

    def _sent(self, node: ast.Subscript, of: s.SentMessages) -> s.Expr:
        record = self.scope.get(node.slice.id) if isinstance(node.slice, ast.Name) else None
        assert isinstance(of.variable.type, MessagesType)
        if record not in of.variable.type.messages:
            self.fail(
                "not-sent-here",
                f"`{ast.unparse(node.slice)}` is not a message of self.{of.variable.name}",
                node.slice,
                "unknown message",
                f"declared: {', '.join(m.__name__ for m in of.variable.type.messages)}",
            )
        return replace(of, record=record, type=s.ListType(RecordType(record)), span=self.span(node))

    def _slice(self, node: ast.Subscript, part: ast.Slice, of: s.Expr) -> s.Expr:
        if not isinstance(of.type, SeqType) or part.step is not None:
            self.fail(
                "bad-slice",
                "only a sequence can be sliced, and without a step",
                node,
                f"`{ast.unparse(node.value)}` is a {of.type}",
            )
        lower = self.value(part.lower, NUMBER) if part.lower else None
        upper = self.value(part.upper, NUMBER) if part.upper else None
        return s.Slice(of=of, lower=lower, upper=upper, type=of.type, span=self.span(node))

    # ------------------------------------------------------------ operators

    def _read_BoolOp(self, node: ast.BoolOp, expected: Type | None) -> s.Expr:
        op = "and" if isinstance(node.op, ast.And) else "or"
        args = tuple(map(self.condition, node.values))
        return s.Boolean(op=op, args=args, type=BoolType(), span=self.span(node))

    def _read_UnaryOp(self, node: ast.UnaryOp, expected: Type | None) -> s.Expr:
        if isinstance(node.op, ast.Not):
            arg = self.condition(node.operand)
            return s.Not(arg=arg, type=BoolType(), span=self.span(node))
        if isinstance(node.op, ast.Invert):
            text = ast.unparse(node.operand)
            self.fail(
                "bitwise-operator",
                "`~` is not part of the modelling language",
                node,
                "bitwise",
                f"write `not {text}`",
            )
        self.fail("arithmetic", "there are no negative numbers in a model", node, "not allowed")

    def _read_BinOp(self, node: ast.BinOp, expected: Type | None) -> s.Expr:
        left, right = self.read(node.left, expected), self.read(node.right, expected)
        if isinstance(node.op, (ast.BitOr, ast.BitAnd, ast.Sub)) and (
            is_set(left.type) or is_set(right.type)
        ):
            return self._set_operation(node, left, right)
        if isinstance(node.op, (ast.BitOr, ast.BitAnd)):
            self._bitwise(node)
        if isinstance(node.op, ast.Add) and isinstance(left.type, SeqType | s.ListType):
            return self._concat(node, left, expected)
        if isinstance(node.op, (ast.Add, ast.Sub)) and _numeric(left) and _numeric(right):
            op = "+" if isinstance(node.op, ast.Add) else "-"
            return s.Arithmetic(op=op, left=left, right=right, type=NUMBER, span=self.span(node))
        ordered = isinstance(left.type, SortType) and left.type.ordered
        self.fail(
            "arithmetic",
            f"cannot compute with {left.type} and {right.type}",
            node,
            "arithmetic is for numbers (Nat sorts, len)",
            f"take the other {left.type} as a parameter and compare: `require(x < y)`"
            if ordered
            else "",
        )

    def _bitwise(self, node: ast.BinOp) -> NoReturn:
        sign, word = ("&", "and") if isinstance(node.op, ast.BitAnd) else ("|", "or")
        left, right = ast.unparse(node.left), ast.unparse(node.right)
        self.fail(
            "bitwise-operator",
            f"`{sign}` joins sets; conditions are joined by `{word}`",
            node,
            f"use `{word}`",
            f"write `{left} {word} {right}`",
        )

    def _set_operation(self, node: ast.BinOp, left: s.Expr, right: s.Expr) -> s.Expr:
        known = set_type(left.type) or set_type(right.type)
        assert known is not None
        left, right = self.as_set(node.left, left, known), self.as_set(node.right, right, known)
        signs = {ast.BitOr: "|", ast.BitAnd: "&", ast.Sub: "-"}
        op = signs[type(node.op)]
        return s.SetOperation(op=op, left=left, right=right, type=known, span=self.span(node))

    def as_set(self, node: ast.expr, found: s.Expr, known: SetType) -> s.Expr:
        """`found`, checked to be a set of the elements of `known`."""
        if isinstance(found, s.SetOf) and not found.items:
            return replace(found, type=known)
        if set_type(found.type) != known:
            self.fail(
                "type-mismatch",
                f"expected {known}, found {found.type}",
                node,
                f"this is a {found.type}",
            )
        return found

    def _concat(self, node: ast.BinOp, left: s.Expr, expected: Type | None) -> s.Expr:
        if not isinstance(left.type, SeqType):
            self.fail("type-mismatch", "only sequences can be joined with `+`", node.left)
        right = self.value(node.right, left.type)
        return s.Concat(left=left, right=right, type=left.type, span=self.span(node))

    def _read_IfExp(self, node: ast.IfExp, expected: Type | None) -> s.Expr:
        test = self.condition(node.test)
        if isinstance(expected, BoolType):
            then, orelse = self.condition(node.body), self.condition(node.orelse)
            return s.Conditional(
                test=test, then=then, orelse=orelse, type=BoolType(), span=self.span(node)
            )
        then, orelse = self.read(node.body, expected), self.read(node.orelse, expected)
        t = join(then.type, orelse.type) or expected
        if t is None or not (fits(then.type, t) and fits(orelse.type, t)):
            self.fail(
                "branches-differ",
                f"the two branches have different types: {then.type} and {orelse.type}",
                node,
            )
        return s.Conditional(test=test, then=then, orelse=orelse, type=t, span=self.span(node))

    # ------------------------------------------------------------ comparisons

    def _read_Compare(self, node: ast.Compare, expected: Type | None) -> s.Expr:
        left_node, left = node.left, self._comparand(node.left, None)
        first = left
        rest: list[tuple[str, s.Expr]] = []
        for op_node, right_node in zip(node.ops, node.comparators, strict=True):
            op = _COMPARISONS[type(op_node)]
            right = self._comparand(right_node, left.type)
            if _is_none(left) and not _is_none(right):
                left = self._comparand(left_node, right.type)
                first = left if not rest else first
            if op in ("in", "not in"):
                self._check_membership(node, left, right)
            elif op in ("==", "!="):
                self._check_equality(node, left, right)
            else:
                self._check_order(node, op, left, right)
            rest.append((op, right))
            left_node, left = right_node, right
        return s.Compare(first=first, rest=tuple(rest), type=BoolType(), span=self.span(node))

    def _comparand(self, node: ast.expr, other: Type | None) -> s.Expr:
        if other is not None and isinstance(node, ast.Constant) and node.value is None:
            option = other if isinstance(other, OptionType) else None
            return s.Constant(value=None, type=option or NONE, span=self.span(node))
        return self.read(node, other)

    def _check_membership(self, node: ast.Compare, left: s.Expr, right: s.Expr) -> None:
        if isinstance(right, s.SentMessages) and right.record is None:
            if not isinstance(left, s.New):
                self.fail(
                    "membership",
                    f"`in self.{right.variable.name}` asks for a message",
                    node,
                    f"the left side is a {left.type}",
                    f"write the message itself: `Name(...) in self.{right.variable.name}`",
                )
            self.check_declared(node, right.variable, left.record)
            return
        wanted = set_type(right.type)
        if wanted is None:
            self.fail(
                "membership",
                f"`in` asks for a set, a quorum or the messages; this is a {right.type}",
                node,
                f"the right side is a {right.type}",
            )
        if not fits(left.type, wanted.element):
            self.fail(
                "type-mismatch",
                f"a {left.type} cannot be a member of {right.type}",
                node,
                f"the left side is a {left.type}, members are {wanted.element}",
            )

    def check_declared(self, node: ast.AST, variable: Variable, record: type[Record]) -> None:
        assert isinstance(variable.type, MessagesType)
        if record not in variable.type.messages:
            self.fail(
                "not-sent-here",
                f"`{record.__name__}` is not a message of self.{variable.name}",
                node,
                "undeclared message",
                f"add it to `{variable.name}: {variable.type}`",
            )

    def _check_equality(self, node: ast.Compare, left: s.Expr, right: s.Expr) -> None:
        if _is_none(left) and _is_none(right):
            return
        for one, other in ((left, right), (right, left)):
            if _is_none(one) and not isinstance(other.type, OptionType):
                bottom = _bottom(other.type)
                self.fail(
                    "none-not-allowed",
                    f"a {other.type} is never None",
                    node,
                    f"compares a {other.type} with None",
                    f"write `== {other.type}.{bottom}`" if bottom else "",
                )
        if join(left.type, right.type) is None and not (
            set_type(left.type) and set_type(left.type) == set_type(right.type)
        ):
            self.fail(
                "compare-mismatch",
                f"cannot compare {left.type} with {right.type}",
                node,
                f"left is {left.type}, right is {right.type}",
            )

    def _check_order(self, node: ast.Compare, op: str, left: s.Expr, right: s.Expr) -> None:
        if is_set(left.type) and is_set(right.type):
            self._check_equality(node, left, right)
            return
        if _numeric(left) and _numeric(right):
            return
        if left.type != right.type:
            self.fail(
                "compare-mismatch",
                f"cannot compare {left.type} with {right.type}",
                node,
                f"left is {left.type}, right is {right.type}",
            )
        if not (isinstance(left.type, SortType) and left.type.ordered):
            self.fail(
                "unordered",
                f"{left.type} is not ordered",
                node,
                f"`{op}` needs an order",
                f"declare `class {left.type}(Ordered)` if an order is meant; elements of a Sort "
                "are interchangeable, so no run may depend on an order",
            )

    # ------------------------------------------------------------ calls

    def _read_Call(self, node: ast.Call, expected: Type | None) -> s.Expr:
        if isinstance(node.func, ast.Attribute):
            return self._method_call(node, node.func)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ("all", "any") and name not in self.scope:
            return self._quantified(node, name)
        if name == "len":
            return self._length(node)
        if name in ("min", "max") and len(node.args) == 2 and not node.keywords:
            return self._extremum(node, name)
        if name == "range":
            return self._number_range(node)
        if name in ("frozenset", "set") and not node.args:
            t = expected if isinstance(expected, SetType) else SetType(NONE)
            return s.SetOf(items=(), type=t, span=self.span(node))
        target = self.scope.get(name)
        if isinstance(target, type) and issubclass(target, Record):
            return self._new(node, target)
        known = name in self.scope or hasattr(builtins, name)
        self.fail(
            "foreign-call",
            f"`{ast.unparse(node.func)}` is not part of the modelling language",
            node.func,
            "a Python function the checker cannot see into" if known else "unknown function",
            "make it a `@define` method of the protocol, or write it out",
        )

    def _method_call(self, node: ast.Call, func: ast.Attribute) -> s.Expr:
        if not (isinstance(func.value, ast.Name) and func.value.id == "self"):
            self.fail(
                "foreign-call",
                f"`{ast.unparse(func)}` is not part of the modelling language",
                func,
                "a method the checker cannot see into",
                _METHOD_HINTS.get(func.attr, "write it out with all/any and comprehensions"),
            )
        if func.attr not in self.defines:
            near = difflib.get_close_matches(func.attr, self.defines, 1)
            self.fail(
                "unknown-define",
                f"{self.protocol.__name__} has no @define `{func.attr}`",
                func,
                "not a helper that can be called here",
                f"did you mean `self.{near[0]}`?"
                if near
                else "helpers are methods decorated with @define",
            )
        if func.attr in self.calling:
            cycle = " → ".join((*self.calling, func.attr))
            self.fail("recursion", f"`{func.attr}` calls itself: {cycle}", node, "recursive call")
        parameters, body = self.read_define(func.attr, self.calling)
        if node.keywords or len(node.args) != len(parameters):
            self.fail(
                "argument-count",
                f"`{func.attr}` takes {len(parameters)} arguments by position "
                f"({', '.join(p.name for p in parameters)}), got {len(node.args)}",
                node,
            )
        args = tuple(self.value(a, p.type) for a, p in zip(node.args, parameters, strict=True))
        return s.Call(
            name=func.attr,
            parameters=parameters,
            args=args,
            body=body,
            type=body.type,
            span=self.span(node),
        )

    def _new(self, node: ast.Call, record: type[Record]) -> s.Expr:
        try:
            fields = record.field_types()
        except (NotAType, NameError) as error:
            self.fail("bad-field", f"{record.__name__} has a field of no type: {error}", node)
        given: dict[str, ast.expr] = dict(zip(fields, node.args, strict=False))
        given |= {k.arg: k.value for k in node.keywords if k.arg}
        if len(node.args) + len(node.keywords) != len(fields) or set(given) != set(fields):
            self.fail(
                "field-count",
                f"{record.__name__} takes the fields {', '.join(fields)}; "
                f"got {len(node.args) + len(node.keywords)}",
                node,
            )
        args = tuple(self.value(given[n], t) for n, t in fields.items())
        return s.New(record=record, args=args, type=RecordType(record), span=self.span(node))

    def _length(self, node: ast.Call) -> s.Expr:
        of = self.read(node.args[0]) if len(node.args) == 1 else None
        if of is None or not isinstance(of.type, (SeqType, SetType, QuorumType, s.ListType)):
            self.fail("no-length", "`len` takes a sequence, a set, a quorum or a list", node)
        return s.Length(of=of, type=NUMBER, span=self.span(node))

    def _extremum(self, node: ast.Call, name: str) -> s.Expr:
        left, right = self.read(node.args[0]), self.read(node.args[1])
        ordered = isinstance(left.type, SortType) and left.type.ordered
        if not (_numeric(left) and _numeric(right)) and not (ordered and left.type == right.type):
            self.fail(
                "compare-mismatch",
                f"`{name}` takes two numbers or two elements of one ordered sort",
                node,
                f"these are {left.type} and {right.type}",
            )
        t = NUMBER if _numeric(left) else left.type
        return s.Arithmetic(op=name, left=left, right=right, type=t, span=self.span(node))

    def _number_range(self, node: ast.Call) -> s.Expr:
        bounds = [self.value(a, NUMBER) for a in node.args]
        if not 1 <= len(bounds) <= 2:
            self.fail("argument-count", "`range` takes one or two numbers", node)
        zero = s.Constant(value=0, type=NUMBER, span=self.span(node))
        lower = bounds[0] if len(bounds) == 2 else zero
        return s.NumberRange(
            lower=lower, upper=bounds[-1], type=s.ListType(NUMBER), span=self.span(node)
        )

    # ------------------------------------------------------------ generators

    def _quantified(self, node: ast.Call, kind: str) -> s.Expr:
        argument = node.args[0] if len(node.args) == 1 else None
        if not isinstance(argument, (ast.GeneratorExp, ast.ListComp)):
            self.fail(
                "generator-needed",
                f"`{kind}` takes a generator",
                node,
                "no generator here",
                f"write `{kind}(condition for x in Sort)`",
            )
        generators, inner = self.generators(argument.generators)
        element = inner.condition(argument.elt)
        return s.Quantified(
            kind=kind,
            element=element,
            generators=generators,
            type=BoolType(),
            span=self.span(node),
        )

    def generators(
        self, nodes: Iterable[ast.comprehension]
    ) -> tuple[tuple[s.Generator, ...], Reader]:
        """The generators of a comprehension, and a reader that knows their names."""
        inner = replace(self, env=dict(self.env), written=self.written)
        found = []
        for node in nodes:
            name, iterable = inner.bind(node.target, node.iter)
            conditions = tuple(map(inner.condition, node.ifs))
            found.append(s.Generator(name=name, iterable=iterable, conditions=conditions))
        return tuple(found), inner

    def bind(self, target: ast.expr, iterable: ast.expr) -> tuple[s.Name, s.Expr]:
        """Bind the target of a `for` to the elements of what it iterates."""
        if not isinstance(target, ast.Name):
            self.fail("bad-target", "a loop binds one name", target, "not a name")
        over = self.read(iterable)
        element = element_type(over)
        if element is None:
            hint = "iterate a sort, a quorum, a set, a sequence, `self.sent[Message]` or a list"
            if isinstance(over, s.SentMessages):
                hint = f"say which messages: `self.{over.variable.name}[Message]`"
            self.fail(
                "not-iterable",
                f"a {over.type} cannot be iterated",
                iterable,
                f"this is a {over.type}",
                hint,
            )
        name = s.Name(name=target.id, uid=next(_uids), type=element, span=self.span(target))
        self.env[target.id] = name
        return name, over

    def _comprehension(self, node: Any, kind: str) -> s.Expr:
        generators, inner = self.generators(node.generators)
        element = inner.read(node.elt)
        t: Type = s.ListType(element.type)
        if kind == "set" and not isinstance(element.type, (RecordType, OptionType)):
            t = SetType(element.type)
        return s.Comprehension(
            kind=kind, element=element, generators=generators, type=t, span=self.span(node)
        )

    def _read_ListComp(self, node: ast.ListComp, expected: Type | None) -> s.Expr:
        return self._comprehension(node, "list")

    def _read_SetComp(self, node: ast.SetComp, expected: Type | None) -> s.Expr:
        return self._comprehension(node, "set")

    def _read_DictComp(self, node: ast.DictComp, expected: Type | None) -> s.Expr:
        generators, inner = self.generators(node.generators)
        key = inner.read(node.key)
        plain = len(generators) == 1 and not generators[0].conditions
        if not (
            plain and key == generators[0].name and isinstance(generators[0].iterable, s.SortRange)
        ):
            self.fail(
                "bad-map",
                "a map value has exactly one entry for every element of a sort",
                node,
                help="write `{x: ... for x in Sort}`",
            )
        known = expected.value if isinstance(expected, MapType) else None
        element = inner.read(node.value, known)
        t = MapType((key.type,), known if known and fits(element.type, known) else element.type)
        return s.Comprehension(
            kind="dict", element=element, generators=generators, type=t, span=self.span(node)
        )

    # ------------------------------------------------------------ displays

    def _read_Set(self, node: ast.Set, expected: Type | None) -> s.Expr:
        items = tuple(self.read(e) for e in node.elts)
        if any(item.type != items[0].type for item in items):
            self.fail("type-mismatch", "the members of a set have one type", node)
        return s.SetOf(items=items, type=SetType(items[0].type), span=self.span(node))

    def _read_Tuple(self, node: ast.Tuple, expected: Type | None) -> s.Expr:
        return self._sequence(node, node.elts, expected)

    def _read_List(self, node: ast.List, expected: Type | None) -> s.Expr:
        return self._sequence(node, node.elts, expected)

    def _sequence(self, node: ast.expr, items: list[ast.expr], expected: Type | None) -> s.Expr:
        if not isinstance(expected, SeqType):
            self.fail(
                "unexpected-sequence",
                "a sequence is not expected here",
                node,
                help="" if expected is None else f"expected {expected}",
            )
        found = tuple(self.value(e, expected.element) for e in items)
        return s.SequenceOf(items=found, type=expected, span=self.span(node))

    def _read_NamedExpr(self, node: ast.NamedExpr, expected: Type | None) -> s.Expr:
        self.fail(
            "unsupported-expression",
            "`:=` is not part of the modelling language",
            node,
            "not allowed here",
            f"bind it on a line of its own: `{node.target.id} = {ast.unparse(node.value)}`",
        )


_METHOD_HINTS = {
    "append": "sequences are values: write `self.x[i] = self.x[i] + (entry,)`",
    "union": "write `a | b`",
    "intersection": "write `a & b`",
    "difference": "write `a - b`",
    "issubset": "write `a <= b`",
    "get": "a map has a value for every key: write `m[key]`",
}


class _NoneType(Type):
    """The type of a None that nothing has given a type yet."""

    def __str__(self) -> str:
        return "None"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _NoneType)

    def __hash__(self) -> int:
        return 0


NONE = _NoneType()


def fits(found: Type, expected: Type) -> bool:
    """Whether a value of type `found` may stand where `expected` is wanted."""
    if found == expected:
        return True
    match found, expected:
        case (_NoneType(), OptionType()):
            return True
        case (_, OptionType(inner)):
            return fits(found.inner if isinstance(found, OptionType) else found, inner)
        case (NatType(), NatType()):
            return True
        case (SetType(_NoneType()), SetType()):
            return True
        case (QuorumType(system), SetType(element)):
            return SortType(system.of) == element
        case (SeqType(one, _), SeqType(other, _)):
            return fits(one, other)
        case (MapType(keys, one), MapType(others, other)):
            return keys == others and fits(one, other)
    return False


def join(left: Type, right: Type) -> Type | None:
    """The type that both fit, or None."""
    if fits(left, right):
        return right
    if fits(right, left):
        return left
    for one, other in ((left, right), (right, left)):
        if isinstance(one, _NoneType):
            return OptionType(other)
    return None


def set_type(t: Type) -> SetType | None:
    """The set type of sets and quorums, else None."""
    if isinstance(t, SetType):
        return t
    return SetType(SortType(t.system.of)) if isinstance(t, QuorumType) else None


def is_set(t: Type) -> bool:
    return set_type(t) is not None


def element_type(over: s.Expr) -> Type | None:
    """What iterating an expression gives, or None if it cannot be iterated."""
    if isinstance(over, s.SortRange):
        return over.type
    match over.type:
        case SetType(element) | s.ListType(element) | SeqType(element, _):
            return element
        case QuorumType(system):
            return SortType(system.of)
    return None


def _numeric(e: s.Expr) -> bool:
    return isinstance(e.type, NatType) and not isinstance(e, s.SortRange)


def _is_none(e: s.Expr) -> bool:
    return isinstance(e, s.Constant) and e.value is None


def _bottom(t: Type) -> str | None:
    return t.bottom if isinstance(t, SortType) else None


def _is_minus_one(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
        and node.operand.value == 1
    )


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
