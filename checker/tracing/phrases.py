"""Facts about a state in words: a comparison, a message, what a quantifier found or did not.

The words are made of the source, with names replaced by values; what a side of a comparison is
worth is added where it does not say so itself. Nothing is said that was not evaluated.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, get_args

from quorate.model.language import Message, Record, enabled
from quorate.model.language.variables import FifoLinks, InFlight, MessagesVariable

from .naming import named, shown

Comprehension = ast.GeneratorExp | ast.ListComp | ast.SetComp
_SIGNS: dict[type, str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_BACK = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OTHER = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True)
class Phrases:
    """Phrases about one state, in which `names` have their values."""

    names: Mapping[str, Any]
    value: Callable[[ast.expr], Any]
    by_name: bool = False
    """Whether two values that are compared are named: `m.v is 1 and v is 2`, not `1 is not 2`."""

    def fact(self, node: ast.expr, truth: bool) -> str:
        """An expression that is true, or false, as a fact."""
        match node:
            case ast.Compare():
                return self._comparison(node, truth)
            case ast.Call(
                func=ast.Name(id="all" | "any" as kind),
                args=[ast.GeneratorExp() | ast.ListComp() | ast.SetComp() as inner],
            ) if (kind == "all") == truth:
                return self._every(inner) if truth else self._none(inner)
            case ast.Call(func=ast.Name() as asked, args=[of, kind]) if self._calls(
                asked, isinstance
            ):
                return self._instance(of, kind, truth)
            case ast.Call(func=ast.Name() as asked, args=[ast.Attribute(attr=action), *given]) if (
                self._calls(asked, enabled)
            ):
                listed = ", ".join(map(self.text, given))
                return f"{action}({listed}) is {'' if truth else 'not '}enabled"
        return self.text(node) if truth else self._negated(node)

    def _calls(self, name: ast.Name, function: object) -> bool:
        return self.value(name) is function

    def _instance(self, of: ast.expr, kind: ast.expr, truth: bool) -> str:
        """That a value is, or is not, of one of some classes."""
        (what,), worth, found = self._sides(of), shown(self.value(of)), self.value(kind)
        classes = found if isinstance(found, tuple) else get_args(found) or (found,)
        kinds = " or ".join(k.__name__ for k in classes)
        said = what if what == worth else f"{what} = {worth}"
        article = "an" if kinds[0] in "AEIOUaeiou" else "a"
        return f"{said} is {article if truth else 'no'} {kinds}"

    def text(self, node: ast.expr) -> str:
        """An expression with values for names."""
        match node:
            case ast.Attribute(value=ast.Name() as holder) if isinstance(self.value(holder), type):
                return shown(self.value(node))  # `Ballot.never`
            case ast.Set(elts=elements) if all(isinstance(e, ast.Attribute) for e in elements):
                return shown(self.value(node))
        return named(node, self.names)

    def evident(self, node: ast.expr) -> bool:
        """Whether an expression compares only what is written down, such as `b1 < b2`."""
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        return bool(sides) and all(self.text(side) == shown(self.value(side)) for side in sides)

    def _negated(self, node: ast.expr) -> str:
        text = self.text(node)
        simple = isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call)
        return f"not {text}" if simple else f"not ({text})"

    # ---------------------------------------------------------------- comparisons

    def _comparison(self, node: ast.Compare, truth: bool) -> str:
        sides = [node.left, *node.comparators]
        pairs = [*zip(pairwise(sides), node.ops, strict=True)]
        if truth:
            return " and ".join(self._pair(*both, op, True) for both, op in pairs)
        for (left, right), op in pairs:
            single = ast.Compare(left, [op], [right])
            if not self.value(ast.fix_missing_locations(single)):
                return self._pair(left, right, op, False)
        return self._negated(node)

    def _pair(self, left: ast.expr, right: ast.expr, op: ast.cmpop, truth: bool) -> str:
        match op:
            case ast.Eq() | ast.Is():
                return self._equal(left, right, truth)
            case ast.NotEq() | ast.IsNot():
                return self._equal(left, right, not truth)
            case ast.In():
                return self._member(left, right, truth)
            case ast.NotIn():
                return self._member(left, right, not truth)
        return self._ordered(left, right, _SIGNS[type(op)], truth)

    def _ordered(self, left: ast.expr, right: ast.expr, sign: str, truth: bool) -> str:
        partial = isinstance(self.value(left), frozenset | set)
        if not (truth or partial):
            return self._ordered(left, right, _OTHER[sign], True)
        one, other = self._sides(left, right)
        is_one, is_other = (shown(self.value(side)) for side in (left, right))
        if truth and one != is_one == is_other != other and not partial:
            return self._equal(left, right, True)  # `a and b are both 1`, not `a = 1 <= 1 = b`
        if one == is_one and other != is_other:
            one, other, is_one, is_other, sign = other, one, is_other, is_one, _BACK[sign]
        before = one if one == is_one else f"{one} = {is_one}"
        after = other if other == is_other else f"{is_other} = {other}"
        return f"{before} {sign} {after}" if truth else f"not {before} {sign} {after}"

    def _sides(self, *sides: ast.expr) -> list[str]:
        """The sides of a comparison as text; by their names, where that leaves values alone."""
        texts = [self._side(side) for side in sides]
        plain = all(text == shown(self.value(s)) for text, s in zip(texts, sides, strict=True))
        if not (plain and self.by_name):
            return texts
        local = [any(_mentions(side, name) for name in self.names) for side in sides]
        return [
            ast.unparse(side) if of_locals else text
            for side, text, of_locals in zip(sides, texts, local, strict=True)
        ]

    def _side(self, node: ast.expr) -> str:
        text = self.text(node)
        return f"({text})" if isinstance(node, ast.BoolOp | ast.Compare | ast.IfExp) else text

    def _equal(self, left: ast.expr, right: ast.expr, truth: bool) -> str:
        one, other = self._sides(left, right)
        is_one, is_other = (shown(self.value(side)) for side in (left, right))
        if (one == is_one and other != is_other) or self._is_constant(left):
            left, right, one, other = right, left, other, one
            is_one, is_other = is_other, is_one
        if truth:
            same = other == is_other
            return f"{one} is {is_other}" if same else f"{one} and {other} are both {is_one}"
        if one == is_one:
            return f"{one} is not {other}"
        if other == is_other or self._is_constant(right):
            return f"{one} is {is_one}, not {is_other}"
        return f"{one} is {is_one} and {other} is {is_other}"

    def _is_constant(self, node: ast.expr) -> bool:
        """Whether it is a name of the module, such as `BELOW`, which is worth the same always."""
        return isinstance(node, ast.Name) and node.id not in self.names

    def _member(self, left: ast.expr, right: ast.expr, truth: bool) -> str:
        what, where = self.value(left), self.value(right)
        if isinstance(what, Message) and (verb := self._sent(right)) is not None:
            return (
                f"{shown(what)} {verb}"
                if truth
                else f"{shown(what)} {verb.replace(' ', ' not ', 1)}"
            )
        text, inside = self.text(left), self.text(right)
        known = shown(where) if isinstance(where, frozenset | set | tuple) else inside
        tail = inside if known == inside else f"{inside} = {known}"
        plain = text == shown(what) or isinstance(what, Record)  # a record is named by its fields
        worth = shown(what) if plain else f"{text} = {shown(what)}"
        return f"{worth} {'is' if truth else 'is not'} in {tail}"

    # ---------------------------------------------------------------- quantifiers

    def _every(self, node: Comprehension) -> str:
        return f"{self.text(node.elt)} for every {self._range(node)}"

    def _none(self, node: Comprehension) -> str:
        """That nothing makes an `any` true."""
        message = self._message_pattern(node)
        if message is not None:
            return message
        if isinstance(node.elt, ast.Constant):
            return f"there is no {self._range(node)}"
        return f"there is no {self._range(node)} such that {self.text(node.elt)}"

    def _range(self, node: Comprehension) -> str:
        parts = []
        for g in node.generators:
            tests = "".join(f" with {self.text(test)}" for test in g.ifs)
            parts.append(f"{ast.unparse(g.target)} in {self.text(g.iter)}{tests}")
        return " and ".join(parts)

    def _message_pattern(self, node: Comprehension) -> str | None:
        """`no Promise(a=a1, b=b1, …) was sent`, if that is what an `any` asks."""
        match node.generators:
            case [ast.comprehension(target=ast.Name(id=name), iter=ast.Subscript() as held) as g]:
                kind = self._kind(held)
            case _:
                return None
        verb = self._sent(held.value)
        if kind is None or verb is None:
            return None
        fields: dict[str, str] = {}
        for test in (*g.ifs, *_conjuncts(node.elt)):
            field = self._field(test, name, kind)
            if field is None or fields.setdefault(*field) != field[1]:
                return None
        order = [f for f in kind.field_names() if f in fields]
        rest = [] if len(order) == len(kind.field_names()) else ["…"]
        said = ", ".join([*(f"{f}={fields[f]}" for f in order), *rest])
        return f"no {kind.__name__}({said}) {verb}"

    def _field(self, test: ast.expr, name: str, kind: type[Record]) -> tuple[str, str] | None:
        """The field that a test says something about, and the value that it asks for."""
        match test:
            case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
                sides = (left, right), (right, left)
            case _:
                return None
        for of, other in sides:
            match of:
                case ast.Attribute(value=ast.Name(id=who), attr=field) if (
                    who == name and field in kind.field_names() and not _mentions(other, name)
                ):
                    return field, shown(self.value(other))
        return None

    def _kind(self, held: ast.Subscript) -> type[Record] | None:
        kind = self.value(held.slice)
        return kind if isinstance(kind, type) and issubclass(kind, Message) else None

    def _sent(self, holder: ast.expr) -> str | None:
        """`was sent`, or `is in flight`, if the expression is a variable of messages."""
        if isinstance(holder, ast.Subscript):
            return self._sent(holder.value) if self._kind(holder) is not None else None
        if not isinstance(holder, ast.Attribute):
            return None
        match self.value(holder):
            case InFlight() | FifoLinks():
                return "is in flight"
            case MessagesVariable():
                return "was sent"
        return None


def _conjuncts(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        return [part for value in node.values for part in _conjuncts(value)]
    return [node]


def _mentions(node: ast.expr, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))
