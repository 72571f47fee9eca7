"""Calls: `@define` helpers, records, `len`, `min`, `max`, `range`, all/any."""

from __future__ import annotations

import ast
import builtins
import difflib

from . import surface as s
from .data import NotAType, Record
from .generators import Generators
from .relations import (
    NONE,
    NUMBER,
    is_numeric,
)
from .types import (
    QuorumType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)


class Calls(Generators):
    """Reads calls."""

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
        if not (is_numeric(left) and is_numeric(right)) and not (
            ordered and left.type == right.type
        ):
            self.fail(
                "compare-mismatch",
                f"`{name}` takes two numbers or two elements of one ordered sort",
                node,
                f"these are {left.type} and {right.type}",
            )
        t = NUMBER if is_numeric(left) else left.type
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


_METHOD_HINTS = {
    "append": "sequences are values: write `self.x[i] = self.x[i] + (entry,)`",
    "union": "write `a | b`",
    "intersection": "write `a & b`",
    "difference": "write `a - b`",
    "issubset": "write `a <= b`",
    "get": "a map has a value for every key: write `m[key]`",
}
