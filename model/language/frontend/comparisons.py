"""Comparisons: equality, order, membership."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from quorate.model.language.declare.protocol import Variable
from quorate.model.language.declare.types import (
    BoolType,
    EnumType,
    MessagesType,
    OptionType,
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)
from quorate.model.language.diagnostics import ModelError, Span, article
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import (
    INTEGER,
    NONE,
    NUMBER,
    bottom_of,
    element_type,
    fits,
    is_none,
    is_numeric,
    is_set,
    join,
    number_type,
    set_type,
)

from .earlier import NotKnown, sent_now
from .narrowing import as_one_of, narrowed, widened
from .orders import by_fields, is_ordered
from .reader import BaseReader
from .wording import code, listed

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

_SIGNS = {**_COMPARISONS, ast.Is: "is", ast.IsNot: "is not"}


class Comparisons(BaseReader):
    """Reads `a == b`, `a < b <= c`, `x in s`."""

    def _read_Compare(self, node: ast.Compare, expected: Type | None) -> s.Expr:
        self._check_precedence(node)
        known = None
        if isinstance(node.left, ast.Tuple) and not isinstance(node.comparators[0], ast.Tuple):
            other = self.read(node.comparators[0])  # a literal takes its type from the other side
            known = other.type
            if isinstance(node.ops[0], (ast.In, ast.NotIn)):
                known = element_type(other) or known
        left_node, left = node.left, self._comparand(node.left, known)
        first = left
        rest: list[tuple[str, s.Expr]] = []
        for op_node, right_node in zip(node.ops, node.comparators, strict=True):
            op = _COMPARISONS[type(op_node)]
            if op in ("in", "not in") and isinstance(right_node, (ast.List, ast.Tuple)):
                text = listed(right_node.elts)
                self.fail(
                    "membership",
                    f"`{op}` needs a set",
                    right_node,
                    "a sequence",
                    f"write `{code(left_node)} {op} {{{text}}}`",
                )
            wanted = widened(left).type
            if op in ("in", "not in") and isinstance(wanted, SeqType):
                wanted = SetType(wanted)
            right = self._comparand(right_node, wanted)
            if number_type(right.type) == INTEGER and left.type == NUMBER:
                left = self._comparand(left_node, INTEGER)  # a difference may be negative
            place = self.between(left_node, right_node)
            if isinstance(op_node, (ast.Is, ast.IsNot)):
                self._check_identity(op, left_node, left, right_node, right)
            if is_none(left) and not is_none(right):
                right = widened(right)
                left = self._comparand(left_node, right.type)
            elif is_none(right):
                left = widened(left)
            element = element_type(right) if op in ("in", "not in") else right.type
            left, right = as_one_of(left, element), as_one_of(right, left.type)
            first = left if not rest else first
            if op in ("in", "not in"):
                self._check_membership(place, left_node, left, right, node)
            elif op in ("==", "!="):
                self._check_equality(place, op, left, right)
            else:
                for side, one, other in ((left_node, left, right), (right_node, right, left)):
                    self.check_present(side, one, widened(other).type)
                self._check_order(place, op, left, right)
            rest.append((op, right))
            left_node, left = right_node, right
        found = s.Compare(first=first, rest=tuple(rest), type=BoolType(), span=self.span(node))
        return by_fields(self._sent_now(node, found) if self.written else found)

    def _sent_now(self, node: ast.Compare, test: s.Compare) -> s.Expr:
        """A comparison; whether a message is sent, after what the same step sent above."""
        match test.rest:
            case ((op, s.SentMessages(record=None) as sent),) if sent.variable.name in self.written:
                try:
                    found = sent_now(replace(test, rest=(("in", sent),)), self.done)
                except NotKnown:
                    self.unknown(node, sent.variable)
                return found if op == "in" else s.Not(arg=found, type=BoolType(), span=test.span)
        return test

    def _check_precedence(self, node: ast.Compare) -> None:
        """Python reads `a == b & c == d` as `a == (b & c) == d`: say what was probably meant."""
        terms = [node.left, *node.comparators]
        if not any(_is_bitwise(term) and not self._of_sets(term) for term in terms):
            return
        text, left = "", code(node.left)
        for op, term in zip(node.ops, node.comparators, strict=True):
            sign = _SIGNS[type(op)]
            if isinstance(term, ast.BinOp) and _is_bitwise(term):
                word = "and" if isinstance(term.op, ast.BitAnd) else "or"
                text += f"{left} {sign} {code(term.left)} {word} "
                left = code(term.right)
            else:
                text += f"{left} {sign} {code(term)}"
                left = ""
        if len(node.ops) > 1 and not _is_bitwise(node.left):
            self.fail(
                "bitwise-operator",
                "`&` and `|` join sets, and bind more tightly than comparisons",
                node,
                "use `and`, `or`",
                f"write `{text}`",
            )

    def _of_sets(self, node: ast.expr) -> bool:
        assert isinstance(node, ast.BinOp)
        try:
            return is_set(self.read(node.left).type) or is_set(self.read(node.right).type)
        except ModelError:
            return False

    def _check_identity(
        self, op: str, left_node: ast.expr, left: s.Expr, right_node: ast.expr, right: s.Expr
    ) -> None:
        """CPython's `is` agrees with `==` for None, truth values, enum members and elements."""
        kept = (SortType, EnumType, BoolType)
        if is_none(left) or is_none(right) or isinstance(left.type, kept):
            return
        self.fail(
            "identity",
            f"`{'is' if op == '==' else 'is not'}` tests for the same Python object",
            self.between(left_node, right_node),
            f"these are {left.type} and {right.type}",
            f"write `{code(left_node)} {op} {code(right_node)}`",
        )

    def _comparand(self, node: ast.expr, other: Type | None) -> s.Expr:
        if other is not None and isinstance(node, ast.Constant) and node.value is None:
            option = other if isinstance(other, OptionType) else None
            return s.Constant(value=None, type=option or NONE, span=self.span(node))
        return narrowed(self.read(node, other), self.present)

    def _check_membership(
        self, node: Span, left_node: ast.expr, left: s.Expr, right: s.Expr, whole: ast.Compare
    ) -> None:
        if isinstance(right, s.SentMessages) and right.record is None:
            if not isinstance(left, s.New):
                self.fail(
                    "membership",
                    f"`in self.{right.variable.name}` needs a message",
                    node,
                    f"the left side is {article(left.type)}",
                    f"write the message itself: `{_some_message(right.variable)}(...) in "
                    f"self.{right.variable.name}`",
                )
            self.check_declared(node, right.variable, left.record)
            if len(whole.ops) > 1:
                self.check_unwritten(whole, right.variable)
            return
        wanted = set_type(right.type)
        if isinstance(right, s.SentMessages):
            self.fail(
                "membership",
                f"test whether a message was sent in `self.{right.variable.name}`",
                node,
                "without the class in brackets",
                f"write `{code(left_node)} in self.{right.variable.name}`",
            )
        if isinstance(right.type, s.ListType):
            self.fail(
                "membership",
                "`in` needs a set, and this is a list",
                node,
                f"the right side is {article(right.type)}",
                f"write {_any_of(whole)}",
            )
        element = right.type.element if isinstance(right.type, SeqType) else None
        if wanted is None and element is None:
            self.fail(
                "membership",
                f"`in` needs a set, a sequence, a quorum or the messages; this is "
                f"{article(right.type)}",
                node,
                f"the right side is {article(right.type)}",
            )
        if wanted is not None and not isinstance(left.type, SetType):
            self.check_hashed((left_node, left))
        element = element or (wanted.element if wanted else left.type)
        self.check_present(left_node, left, element)
        if not fits(left.type, element):
            self.fail(
                "type-mismatch",
                f"{article(left.type)} cannot be a member of {right.type}",
                node,
                f"the left side is {article(left.type)}, members are {element}",
            )

    def _check_equality(self, node: Span, op: str, left: s.Expr, right: s.Expr) -> None:
        if is_none(left) and is_none(right):
            self.fail(
                "compare-mismatch",
                "None is compared with None",
                node,
                "always the same",
                "compare a value that may be None: `self.x[a] is None`",
            )
        for one, other in ((left, right), (right, left)):
            if is_none(one) and not isinstance(other.type, OptionType):
                bottom = bottom_of(other.type)
                self.fail(
                    "none-not-allowed",
                    f"{article(other.type)} is never None",
                    node,
                    f"compares {article(other.type)} with None",
                    f"write `{other.span.text()} {op} {other.type}.{bottom}`" if bottom else "",
                )
        if isinstance(left.type, QuorumType) and isinstance(right.type, QuorumType):
            if left.type != right.type:
                self.fail(
                    "compare-mismatch",
                    f"cannot compare quorums of {left.type} with quorums of {right.type}",
                    node,
                    "quorums of different systems",
                    "compare their members: `all(a in q for a in r)`, `any(a in q for a in r)`",
                )
            return
        if isinstance(left.type, s.ListType) or isinstance(right.type, s.ListType):
            self.fail(
                "compare-mismatch",
                "lists cannot be compared",
                node,
                "a list on one side",
                "an order of messages means nothing: write sets, `{... for x in ...}`",
            )
        if join(left.type, right.type) is None and not (
            set_type(left.type) and set_type(left.type) == set_type(right.type)
        ):
            self.fail(
                "compare-mismatch",
                f"cannot compare {left.type} with {right.type}",
                node,
                f"left is {left.type}, right is {right.type}",
                _never_equal(left.type, right.type),
            )

    def _check_order(self, node: Span, op: str, left: s.Expr, right: s.Expr) -> None:
        if is_set(left.type) and is_set(right.type):
            if set_type(left.type) != set_type(right.type) and not any(
                isinstance(e, s.SetOf) and not e.items for e in (left, right)
            ):
                self.fail(
                    "compare-mismatch",
                    f"cannot compare {left.type} with {right.type}",
                    node,
                    f"left is {left.type}, right is {right.type}",
                )
            return
        if is_numeric(left) and is_numeric(right):
            return
        if left.type != right.type:
            self.fail(
                "compare-mismatch",
                f"cannot compare {left.type} with {right.type}",
                node,
                f"left is {left.type}, right is {right.type}",
            )
        if not is_ordered(left.type):
            self.fail(
                "unordered",
                f"{left.type} is not ordered",
                node,
                f"`{op}` needs an order",
                f"declare `class {left.type}(Ordered): ...` if an order is meant; elements of a "
                "Sort are interchangeable, so no run may depend on an order"
                if isinstance(left.type, SortType)
                else f"declare `class {left.type}(Record, order=True): ...` if an order is meant"
                if isinstance(left.type, RecordType) and not left.type.ordered
                else "compare the items that have an order"
                if isinstance(left.type, RecordType)
                else "it can be compared with `==` and `!=`",
            )


def _is_bitwise(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr))


def _any_of(node: ast.Compare) -> str:
    """What to write instead of `x in y`, where y is no set that is a value."""
    match node:
        case ast.Compare(ops=[op], comparators=[ast.ListComp() | ast.SetComp() as of]):
            word, sign = ("any", ast.Eq()) if isinstance(op, ast.In) else ("all", ast.NotEq())
            test = ast.Compare(left=node.left, ops=[sign], comparators=[of.elt])
            return f"`{word}{code(ast.GeneratorExp(elt=test, generators=of.generators))}`"
    return "a set: `{... for x in ...}`"


def _some_message(variable: Variable) -> str:
    assert isinstance(variable.type, MessagesType)
    return variable.type.messages[0].__name__


def _never_equal(left: Type, right: Type) -> str:
    """A guess at what was meant by a comparison of values that are never equal."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, RecordType):
            for name, t in one.fields.items():
                if fits(other, t):
                    return f"compare the field: `.{name}` of the {one}"
    if isinstance(left, SortType) and isinstance(right, SortType):
        return "elements of two sorts are never equal"
    return ""
