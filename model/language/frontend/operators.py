"""Boolean, arithmetic, set and conditional operators."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import NoReturn

from quorate.model.language.declare.types import (
    BoolType,
    OptionType,
    SeqType,
    SetType,
    SortType,
    Type,
)
from quorate.model.language.diagnostics import article
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import (
    INTEGER,
    NONE,
    NUMBER,
    fits,
    is_numeric,
    is_set,
    join,
    number_type,
    set_type,
)

from .narrowing import as_one_of, union_in
from .reader import BaseReader
from .wording import code, joined, negated

_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%"}


class Operators(BaseReader):
    """Reads operators other than comparisons."""

    def _read_BoolOp(self, node: ast.BoolOp, expected: Type | None) -> s.Expr:
        op = "and" if isinstance(node.op, ast.And) else "or"
        args: list[s.Expr] = []
        reader = self
        for value in node.values:
            args.append(reader.condition(value))
            reader = reader.given(args[-1], op == "and")
        return s.Boolean(op=op, args=tuple(args), type=BoolType(), span=self.span(node))

    def _read_UnaryOp(self, node: ast.UnaryOp, expected: Type | None) -> s.Expr:
        if isinstance(node.op, ast.Not):
            arg = self.condition(node.operand, negated=True)
            return s.Not(arg=arg, type=BoolType(), span=self.span(node))
        if isinstance(node.op, ast.Invert):
            text = code(negated(node.operand))
            self.fail(
                "bitwise-operator",
                "`~` is not part of the modelling language",
                node,
                "use `not`",
                f"write `{text}`",
            )
        if isinstance(node.operand, ast.Constant) and type(node.operand.value) is int:
            sign = -1 if isinstance(node.op, ast.USub) else 1
            value = sign * node.operand.value
            return s.Constant(value=value, type=INTEGER, span=self.span(node))
        of = self.read(node.operand, INTEGER)
        if not is_numeric(of):
            self.fail(
                "arithmetic",
                f"cannot compute with {of.type}",
                node,
                "arithmetic is for numbers (Nat and Int sorts, len)",
            )
        zero = s.Constant(value=0, type=INTEGER, span=self.span(node))
        op = "-" if isinstance(node.op, ast.USub) else "+"
        return s.Arithmetic(op=op, left=zero, right=of, type=INTEGER, span=self.span(node))

    def _read_BinOp(self, node: ast.BinOp, expected: Type | None) -> s.Expr:
        if isinstance(expected, OptionType):
            expected = expected.inner  # there is no arithmetic with None
        left, right = self.alike((self, node.left), (self, node.right), expected)
        if isinstance(node.op, (ast.BitOr, ast.BitAnd)) and NONE in (left.type, right.type):
            self._binds_tightly(node)
        if isinstance(node.op, (ast.BitOr, ast.BitAnd, ast.Sub)) and (
            is_set(left.type) or is_set(right.type)
        ):
            return self._set_operation(node, left, right)
        if isinstance(node.op, (ast.BitOr, ast.BitAnd)):
            self._bitwise(node)
        if isinstance(node.op, ast.Add) and isinstance(left.type, SeqType | s.ListType):
            return self._concat(node, left)
        op = _ARITHMETIC.get(type(node.op))
        if op is not None and is_numeric(left) and is_numeric(right):
            t = number_type(left.type, right.type, expected)
            if t == INTEGER and expected != INTEGER and _subtracts(node.left):
                left = self.read(node.left, t)  # a difference beside it may be negative, too
            return s.Arithmetic(op=op, left=left, right=right, type=t, span=self.span(node))
        for side, one in ((node.left, left), (node.right, right)):
            self.check_present(side, one, NUMBER)
        ordered = isinstance(left.type, SortType) and left.type.ordered
        self.fail(
            "arithmetic",
            f"cannot compute with {left.type} and {right.type}",
            node,
            "arithmetic is for numbers (Nat and Int sorts, len)",
            f"take the next {left.type} as a parameter and compare: "
            f"`require({code(node.left)} < x)`"
            if ordered
            else self._instead_of(node),
        )

    def _instead_of(self, node: ast.BinOp) -> str:
        """What to write instead of an operator that numbers do not have here."""
        other = {ast.Div: ast.FloorDiv(), ast.Pow: ast.Mult()}.get(type(node.op))
        if other is None:
            return ""
        right = node.left if isinstance(node.op, ast.Pow) else node.right
        return f"write `{code(ast.BinOp(left=node.left, op=other, right=right))}`"

    def _bitwise(self, node: ast.BinOp) -> NoReturn:
        sign, word = ("&", "and") if isinstance(node.op, ast.BitAnd) else ("|", "or")
        self.fail(
            "bitwise-operator",
            f"`{sign}` joins sets; conditions are joined by `{word}`",
            node,
            f"use `{word}`",
            f"write `{joined(word, [node.left, node.right])}`",
        )

    def _binds_tightly(self, node: ast.BinOp) -> NoReturn:
        sign, word = ("&", "and") if isinstance(node.op, ast.BitAnd) else ("|", "or")
        self.fail(
            "bitwise-operator",
            f"`{sign}` joins sets, and binds more tightly than `is` and `==`",
            node,
            "None is no set",
            f"conditions are joined by `{word}`",
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
                f"this is {article(found.type)}",
            )
        return found

    def _concat(self, node: ast.BinOp, left: s.Expr) -> s.Expr:
        if not isinstance(left.type, SeqType):
            self.fail(
                "type-mismatch",
                "only sequences can be joined with `+`",
                node.left,
                f"this is {article(left.type)}",
            )
        right = self.value(node.right, left.type)
        return s.Concat(left=left, right=right, type=left.type, span=self.span(node))

    def _read_IfExp(self, node: ast.IfExp, expected: Type | None) -> s.Expr:
        test = self.condition(node.test)
        yes, no = self.given(test, True), self.given(test, False)
        if isinstance(expected, BoolType):
            then, orelse = yes.condition(node.body), no.condition(node.orelse)
            return s.Conditional(
                test=test, then=then, orelse=orelse, type=BoolType(), span=self.span(node)
            )
        then, orelse = self.alike((yes, node.body), (no, node.orelse), expected)
        wanted = expected if union_in(expected) else union_in(then.type) or union_in(orelse.type)
        then, orelse = as_one_of(then, wanted), as_one_of(orelse, wanted)
        t = join(then.type, orelse.type) or expected
        if (
            expected is not None
            and number_type(t) == INTEGER
            and all(fits(x.type, expected) for x in (then, orelse))
        ):
            t = expected
        if isinstance(t, s.ListType):
            self.fail(
                "branches-differ",
                "a list cannot be chosen by a condition",
                node,
                "lists on both sides",
                "write one list with the condition inside: `[x for x in ... if ...]`",
            )
        if t is None or not (fits(then.type, t) and fits(orelse.type, t)):
            self.fail(
                "branches-differ",
                f"the two branches have different types: {then.type} and {orelse.type}",
                node,
                f"{article(then.type)} or {article(orelse.type)}",
                "both branches give values of one type",
            )
        return s.Conditional(test=test, then=then, orelse=orelse, type=t, span=self.span(node))


def _subtracts(node: ast.expr) -> bool:
    return any(isinstance(n, ast.BinOp) for n in ast.walk(node))
