"""Comparisons: equality, order, membership."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from . import surface as s
from .reader import BaseReader
from .relations import (
    NONE,
    bottom_of,
    fits,
    is_none,
    is_numeric,
    is_set,
    join,
    set_type,
)
from .types import (
    BoolType,
    OptionType,
    SortType,
    Type,
)

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


class Comparisons(BaseReader):
    """Reads `a == b`, `a < b <= c`, `x in s`."""

    def _read_Compare(self, node: ast.Compare, expected: Type | None) -> s.Expr:
        left_node, left = node.left, self._comparand(node.left, None)
        first = left
        rest: list[tuple[str, s.Expr]] = []
        for op_node, right_node in zip(node.ops, node.comparators, strict=True):
            op = _COMPARISONS[type(op_node)]
            right = self._comparand(right_node, left.type)
            if is_none(left) and not is_none(right):
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

    def _check_equality(self, node: ast.Compare, left: s.Expr, right: s.Expr) -> None:
        if is_none(left) and is_none(right):
            return
        for one, other in ((left, right), (right, left)):
            if is_none(one) and not isinstance(other.type, OptionType):
                bottom = bottom_of(other.type)
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
        if is_numeric(left) and is_numeric(right):
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
