"""Core expressions as a reader would write them in the modelling language."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from quorate.model.language.declare.sorts import Ordered
from quorate.model.language.ir import core as c

Names = Mapping[str, str]
LOOSEST, OR, AND, NOT, COMPARE, ATOM = range(6)


class ExpressionWriter:
    """Writes expressions; bound variables get short names that nothing else has."""

    def __init__(self, name_choices: Callable[[c.Var], Iterable[str]]) -> None:
        self.name_choices = name_choices

    def __call__(self, e: c.Expr, names: Names) -> str:
        return self._at(e, names, LOOSEST)

    def lines(self, e: c.Quant, width: int) -> str:
        """`return all(...)`, in one line if it fits, else with a line for each part."""
        if not e.binders:
            return f"return {self(e.body, {})}"
        short = f"return {self(e, {})}"
        if len(short) <= width:
            return short
        body, loops, test = self._parts(e, {})
        rows = [body, *loops, *([f"if {test}"] if test else [])]
        inside = "\n".join(f"    {row}" for row in rows)
        return f"return {'all' if e.forall else 'any'}(\n{inside}\n)"

    def _at(self, e: c.Expr, names: Names, level: int) -> str:
        text, own = self._written(e, names)
        return f"({text})" if own < level else text

    def _written(self, e: c.Expr, names: Names) -> tuple[str, int]:
        match e:
            case c.Var(name=name):
                return names[name], ATOM
            case c.Lit(value=value):
                return literal(value), ATOM
            case c.Some(of=of) | c.Unwrap(of=of):
                return self._written(of, names)
            case c.Field(of=of, name=name):
                return f"{self._at(of, names, ATOM)}.{name}", ATOM
            case c.At(of=of, index=index):
                return f"{self._at(of, names, ATOM)}[{self(index, names)}]", ATOM
            case c.Read(variable=variable, keys=keys):
                inside = ", ".join(self(k, names) for k in keys)
                return f"self.{variable}[{inside}]" if keys else f"self.{variable}", ATOM
            case c.MakeRecord(record=record, args=args):
                return f"{record.__name__}({', '.join(self(a, names) for a in args)})", ATOM
            case c.MakeSet(items=items) if items:
                return "{" + ", ".join(self(i, names) for i in items) + "}", ATOM
            case c.Sent(variable=variable, message=message):
                return f"{self._at(message, names, ATOM)} in self.{variable}", COMPARE
            case c.Member(item=item, of=of):
                return f"{self._at(item, names, ATOM)} in {self._at(of, names, ATOM)}", COMPARE
            case c.Subset(left=left, right=right) | c.LessEq(left=left, right=right):
                return self._compared(left, "<=", right, names)
            case c.Less(left=left, right=right):
                return self._compared(left, "<", right, names)
            case c.Eq(left=left, right=c.Lit(value=None)):
                return f"{self._at(left, names, ATOM)} is None", COMPARE
            case c.Eq(left=left, right=right):
                return self._compared(left, "==", right, names)
            case c.Not(arg=arg):
                return self._negated(arg, names)
            case c.And(args=args):
                return " and ".join(self._at(a, names, NOT) for a in args), AND
            case c.Or(args=args):
                return " or ".join(self._at(a, names, NOT) for a in args), OR
            case c.Quant():
                return self._quantified(e, names), ATOM
        raise TypeError(f"{type(e).__name__} is not written as text")

    def _compared(self, left: c.Expr, sign: str, right: c.Expr, names: Names) -> tuple[str, int]:
        return f"{self._at(left, names, ATOM)} {sign} {self._at(right, names, ATOM)}", COMPARE

    def _negated(self, e: c.Expr, names: Names) -> tuple[str, int]:
        match e:
            case c.Less(left=left, right=right):
                return self._compared(right, "<=", left, names)
            case c.Eq(left=left, right=c.Lit(value=None)):
                return f"{self._at(left, names, ATOM)} is not None", COMPARE
            case c.Eq(left=left, right=right):
                return self._compared(left, "!=", right, names)
            case c.Sent(variable=variable, message=message):
                return f"{self._at(message, names, ATOM)} not in self.{variable}", COMPARE
            case c.Member(item=item, of=of):
                return f"{self._at(item, names, ATOM)} not in {self._at(of, names, ATOM)}", COMPARE
        return f"not {self._at(e, names, NOT)}", NOT

    # ------------------------------------------------------------ quantifiers

    def _quantified(self, e: c.Quant, names: Names) -> str:
        if not e.binders:
            return f"({self(e.body, names)})"
        body, loops, test = self._parts(e, names)
        given = f" if {test}" if test else ""
        return f"{'all' if e.forall else 'any'}({body} {' '.join(loops)}{given})"

    def _parts(self, e: c.Quant, names: Names) -> tuple[str, list[str], str]:
        """Body, loops and test: what a disjunction denies is said after `if`."""
        inner, loops = dict(names), []
        for b in e.binders:
            domain = self._domain(b, inner)
            inner[b.var.name] = self._fresh(b.var, inner)
            loops.append(f"for {inner[b.var.name]} in {domain}")
        if not e.forall:
            return self(e.body, inner), loops, ""
        parts = e.body.args if isinstance(e.body, c.Or) else (e.body,)
        given = [p.arg for p in parts if isinstance(p, c.Not)]
        wanted = [p for p in parts if not isinstance(p, c.Not)]
        if not wanted:
            wanted, given = [c.Not(arg=given[-1], type=c.BOOL)], given[:-1]
        body = " or ".join(self._at(p, inner, LOOSEST if len(wanted) == 1 else NOT) for p in wanted)
        return body, loops, " and ".join(self._at(p, inner, NOT) for p in given)

    def _domain(self, b: c.Binder, names: Names) -> str:
        match b.domain:
            case c.OverType(type=t):
                return str(t)
            case c.OverSent(variable=variable, record=record):
                return f"self.{variable}[{record.__name__}]"
            case c.OverMembers(of=of):
                return self._at(of, names, ATOM)
        raise TypeError(f"{type(b.domain).__name__} is not written as text")

    def _fresh(self, var: c.Var, names: Names) -> str:
        used = set(names.values())
        if var.name not in used and var.name.isidentifier():
            return var.name
        return next(n for n in self.name_choices(var) if n not in used)


def literal(value: Any) -> str:
    """A constant as source."""
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, Ordered) and value.index < 0:
        return f"{type(value).__name__}.{type(value).bottom}"
    if value is None or isinstance(value, (bool, int)):
        return repr(value)
    raise TypeError(f"{value!r} is not written as text")
