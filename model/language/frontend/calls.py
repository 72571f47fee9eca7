"""Calls: `@define` helpers, records, `len`, `min` and `max` of two, `range`, all/any."""

from __future__ import annotations

import ast
import builtins
import inspect
from dataclasses import replace
from typing import Any, NoReturn

from quorate._spelling import nearest
from quorate.model.language.declare.enabling import enabled
from quorate.model.language.declare.quorums import QuorumSystem
from quorate.model.language.declare.sorts import Int, Nat, Sort
from quorate.model.language.declare.types import (
    IntType,
    QuorumType,
    Record,
    RecordType,
    SeqType,
    SetType,
    Type,
)
from quorate.model.language.diagnostics import ModelError, article
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import NONE, NUMBER, is_numeric, number_type
from quorate.model.language.ir.steps import aged
from quorate.model.language.ir.traverse import walk

from .aggregates import Aggregates
from .asking import Asking
from .earlier import NotKnown, settled, typed
from .orders import by_fields, is_ordered
from .records import field_mistakes
from .unions import Unions
from .wording import code, joined, negated


class Calls(Aggregates, Asking, Unions):
    """Reads calls."""

    def _read_Call(self, node: ast.Call, expected: Type | None) -> s.Expr:
        if isinstance(node.func, ast.Attribute):
            return self._method_call(node, node.func)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ("all", "any") and name not in self.scope:
            return self._quantified(node, name)
        if name == "len":
            return self._length(node)
        if name in ("min", "max"):
            plain = len(node.args) == 2 and not node.keywords
            return self._extremum(node, name) if plain else self._of_many(node, name, expected)
        if name == "sum":
            return self._sum(node, expected)
        if name == "range":
            return self._number_range(node)
        if self.scope.get(name) is enabled:
            return self._enabled(node)
        if name == "tuple":
            return self._filter(node)
        if name == "isinstance":
            return self._isinstance(node)
        if name in ("frozenset", "set") and not node.args:
            t = expected if isinstance(expected, SetType) else SetType(NONE)
            return s.SetOf(items=(), type=t, span=self.span(node))
        if name == "frozenset" and len(node.args) == 1:
            return self._frozen(node, node.args[0], expected)
        target = self.scope.get(name)
        if isinstance(target, type) and issubclass(target, Record):
            return self._new(node, target)
        self._foreign(node, name, target)

    def _frozen(self, node: ast.Call, of: ast.expr, expected: Type | None) -> s.Expr:
        """`frozenset(...)` of a set, or of a generator as if it were a comprehension."""
        if isinstance(of, ast.GeneratorExp):
            made = self._comprehension(of, "set", expected)
        else:
            made = self.read(of, expected)
        if not isinstance(made.type, SetType):
            self._foreign(node, "frozenset", frozenset)
        return s.Frozen(of=made, type=made.type, span=self.span(node))

    def _foreign(self, node: ast.Call, name: str, target: Any) -> NoReturn:
        known = name in self.scope or hasattr(builtins, name)
        label = "a Python function the checker cannot see into" if known else "unknown function"
        hint = _FUNCTION_HINTS.get(name, "make it a `@define` method, or write it out")
        if name == "abs" and len(node.args) == 1:
            hint = f"write `max({code(node.args[0])}, -{code(node.args[0])})`"
        if not known and (near := nearest(name, _FUNCTIONS)):
            hint = f"did you mean `{near}`?"
        if name in ("implies", "Implies") and len(node.args) == 2:
            hint = f"write `{joined('or', [negated(node.args[0]), node.args[1]])}`"
        if name in self.defines:
            hint = f"write `self.{code(node)}`"
        elif isinstance(target, type) and issubclass(target, (Sort, Nat, Int, QuorumSystem)):
            letter = name[0].lower()
            label = "makes an element by its number"
            hint = f"no element is special: take one as a parameter, `{letter}: {name}`"
            if issubclass(target, (Nat, Int)) and len(node.args) == 1:
                label = "a number stands for itself"
                hint = f"write `{code(node.args[0])}`"
        self.fail(
            "foreign-call",
            f"`{code(node.func)}` is not part of the modelling language",
            node.func,
            label,
            hint,
        )

    def _method_call(self, node: ast.Call, func: ast.Attribute) -> s.Expr:
        if func.attr == "values" and (t := self._map_type(func.value)) is not None:
            return self._values(node, func.value, t)
        if isinstance(func.value, ast.Call) and ast.unparse(func.value) == "super()":
            self.fail(
                "foreign-call",
                "`super()` is called in actions only",
                func,
                "not in an expression",
                f"give the overridden @define another name, and call it: `self.{func.attr}_(...)`",
            )
        if not (isinstance(func.value, ast.Name) and func.value.id in ("self", self.old)):
            self.fail(
                "foreign-call",
                f"`{code(func)}` is not part of the modelling language",
                node,
                "a method the checker cannot see into",
                _instead(node, func),
            )
        if func.attr not in self.defines:
            near = nearest(func.attr, self.defines)
            other = getattr(getattr(self.protocol, func.attr, None), "_quorate", None)
            hint = f"did you mean `self.{near}`?" if near else ""
            if other is not None:
                hint = "what several methods compute is a @define of its own"
            elif inspect.isfunction(getattr(self.protocol, func.attr, None)):
                hint = f"write `@define` above `def {func.attr}`"
            self.fail(
                "unknown-define",
                f"`{func.attr}` is an @{other.kind}, not a @define"
                if other is not None
                else f"{self.protocol.__name__} has no @define `{func.attr}`",
                func,
                "not a helper that can be called here",
                hint or "helpers are methods decorated with @define",
            )
        if func.attr in self.calling:
            cycle = " → ".join((*self.calling, func.attr))
            self.fail(
                "recursion",
                f"`{func.attr}` calls itself: {cycle}",
                node,
                "recursive call",
                "keep what it computes in a state variable, written as it changes",
            )
        parameters, body = self.read_define(func.attr, self.calling)
        if func.value.id == self.old:
            body = aged(body)
        if node.keywords or len(node.args) != len(parameters):
            self.fail(
                "argument-count",
                f"`{func.attr}` takes {len(parameters)} arguments by position "
                f"({', '.join(p.name for p in parameters)}), got {len(node.args)}",
                node,
                "by name" if node.keywords else f"{len(node.args)} given",
                f"write `self.{func.attr}({', '.join(p.name for p in parameters)})`",
            )
        args = tuple(self.value(a, p.type) for a, p in zip(node.args, parameters, strict=True))
        call = s.Call(
            name=func.attr,
            parameters=parameters,
            args=args,
            body=body,
            type=body.type,
            span=self.span(node),
        )
        return self._called_now(node, call)

    def _called_now(self, node: ast.Call, call: s.Call) -> s.Expr:
        """A call of a helper; written out if it reads what the step wrote above."""
        reads = [x for x in walk(call.body) if isinstance(x, (s.StateRead, s.SentMessages))]
        late = [x.variable for x in reads if x.variable.name in self.written]
        if not late:
            return call
        pairs = zip(call.parameters, call.args, strict=True)
        given = {p.uid: typed(a, p.type) for p, a in pairs}
        try:
            return replace(settled(call.body, given, self.done), span=call.span)
        except NotKnown:
            self.unknown(node, late[0])

    def _new(self, node: ast.Call, record: type[Record]) -> s.Expr:
        if mistakes := field_mistakes(record):
            raise ModelError(mistakes)
        fields = record.field_types()
        given: dict[str, ast.expr] = dict(zip(fields, node.args, strict=False))
        given |= {k.arg: k.value for k in node.keywords if k.arg}
        count = len(node.args) + len(node.keywords)
        if count != len(fields) or set(given) != set(fields):
            missing = [name for name in fields if name not in given]
            unknown = [name for name in given if name not in fields]
            label = (
                f"`{unknown[0]}` is no field"
                if unknown
                else f"`{missing[0]}` is missing"
                if missing
                else f"{count} given"
            )
            self.fail(
                "field-count",
                f"{record.__name__} takes the fields {', '.join(fields)}; got {count}",
                node,
                label,
                f"write `{record.__name__}({', '.join(fields)})`",
            )
        args = tuple(self.value(given[n], t) for n, t in fields.items())
        return s.New(record=record, args=args, type=RecordType(record), span=self.span(node))

    def _length(self, node: ast.Call) -> s.Expr:
        if len(node.args) != 1 or node.keywords:
            self.fail("argument-count", "`len` takes one argument", node)
        of = self.iterated(node.args[0])
        countable = (SeqType, SetType, QuorumType, s.ListType)
        if not isinstance(of, s.SortRange) and not isinstance(of.type, countable):
            self.fail(
                "no-length",
                "`len` takes a sequence, a set, a quorum, a list or a sort",
                node.args[0],
                f"this is {article(of.type)}",
            )
        plain = stripped(of)
        if (
            isinstance(plain, s.Comprehension)
            and plain.kind == "set"
            and isinstance(of.type, s.ListType)
            and not (len(plain.generators) == 1 and plain.element == plain.generators[0].name)
        ):
            self.fail(
                "no-length",
                "a set of records made by a comprehension cannot be counted",
                node.args[0],
                "equal ones count once",
                "count the elements that they are made of",
            )
        return s.Length(of=of, type=NUMBER, span=self.span(node))

    def _extremum(self, node: ast.Call, name: str) -> s.Expr:
        left, right = self.read(node.args[0]), self.read(node.args[1])
        for side, one, other in zip(node.args, (left, right), (right, left), strict=True):
            self.check_present(side, one, other.type)
        if not (is_numeric(left) and is_numeric(right)) and not (
            is_ordered(left.type) and left.type == right.type
        ):
            self.fail(
                "compare-mismatch",
                f"`{name}` takes two numbers, or two values of one order",
                node,
                f"these are {left.type} and {right.type}",
            )
        t = left.type
        if isinstance(t, RecordType):
            one, other = (left, right) if name == "min" else (right, left)
            test = s.Compare(first=one, rest=(("<=", other),), type=s.BOOL, span=self.span(node))
            return s.Conditional(
                test=by_fields(test), then=left, orelse=right, type=t, span=self.span(node)
            )
        if is_numeric(left) and not (isinstance(t, IntType) and t == right.type):
            t = number_type(left.type, right.type)
        return s.Arithmetic(op=name, left=left, right=right, type=t, span=self.span(node))

    def _number_range(self, node: ast.Call) -> s.Expr:
        bounds = [self.value(a, NUMBER) for a in node.args]
        if not 1 <= len(bounds) <= 2:
            self.fail(
                "argument-count", "`range` takes one or two numbers", node, f"{len(bounds)} given"
            )
        zero = s.Constant(value=0, type=NUMBER, span=self.span(node))
        lower = bounds[0] if len(bounds) == 2 else zero
        return s.NumberRange(
            lower=lower, upper=bounds[-1], type=s.ListType(NUMBER), span=self.span(node)
        )


def stripped(e: s.Expr) -> s.Expr:
    """The value of local names and of calls of helpers."""
    while isinstance(e, (s.Local, s.Call)):
        e = e.value if isinstance(e, s.Local) else e.body
    return e


_FUNCTIONS = ("all", "any", "enabled", "isinstance", "len", "max", "min", "range", "sum", "tuple")
_FUNCTION_HINTS = {
    "sorted": "say which one is meant: `all(n.b <= m.b for n in ...)`",
    "list": "write a comprehension: `[x for x in ...]`",
    "set": "write a comprehension: `{x for x in ...}`",
    "frozenset": "write a comprehension: `{x for x in ...}`",
    "next": "take the element as a parameter and `require` what it must be",
    "print": "take it out: what happened is seen in the trace",
    "enumerate": "go over positions: `for i in range(len(s))`",
    "zip": "go over positions: `for i in range(len(s))`",
    "super": "`super().action(...)` is called as a statement of an action",
}
_OPERATORS: dict[str, ast.operator] = {
    "union": ast.BitOr(),
    "intersection": ast.BitAnd(),
    "difference": ast.Sub(),
}


def _instead(node: ast.Call, func: ast.Attribute) -> str:
    """What to write instead of a method of a Python set, sequence or dictionary."""
    of = func.value
    match func.attr, node.args:
        case ("union" | "intersection" | "difference") as name, [other]:
            return f"write `{code(ast.BinOp(left=of, op=_OPERATORS[name], right=other))}`"
        case "issubset", [other]:
            return f"write `{code(ast.Compare(left=of, ops=[ast.LtE()], comparators=[other]))}`"
        case "get", [key, *_]:
            return f"a map has a value for every key: write `{code(of)}[{code(key)}]`"
        case (("random" | "randint" | "randrange" | "choice"), _) if code(of) == "random":
            return "a choice is a parameter of the action: the checker tries every value"
        case "append", [item]:
            return f"sequences are values: write `{code(of)} + ({code(item)},)`"
    return "write it out with all/any and comprehensions"
