"""Why an invariant is false in a state, in words.

The method's own source is walked: the elements that make an `all(...)` fail, the conjunct that is
false, and what makes the premises true. CPython evaluates every part, so nothing here can disagree
with what the invariant says.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from quorate.model.language import core as c
from quorate.model.language.run import Machine, State
from quorate.model.language.source import function_source

Names = Mapping[str, Any]


def witness(description: c.Description, prop: c.Property, state: State, machine: Machine) -> str:
    """What breaks the invariant in this state. Use it inside the sizes of the machine."""
    machine.load(state)
    method = getattr(description.protocol, prop.name)
    return _Explainer(machine.object, description).of_method(method, {}, truth=False)


@dataclass
class _Explainer:
    holder: Any
    description: c.Description

    def of_method(self, method: Any, arguments: Names, truth: bool) -> str:
        """Why a property or helper has this truth value for these arguments."""
        node, _ = function_source(method)
        names: dict[str, Any] = {"self": self.holder, **arguments}
        scope = method.__globals__
        for statement in node.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                names[statement.targets[0].id] = self._value(statement.value, names, scope)
            if isinstance(statement, ast.Return) and statement.value is not None:
                return self.why(statement.value, names, scope, truth)
        return ""

    def _value(self, node: ast.expr, names: Names, scope: Names) -> Any:
        code = compile(ast.Expression(node), "<witness>", "eval")
        # Comprehensions see globals only: names go there too.
        return eval(code, {**scope, **names})

    def why(self, node: ast.expr, names: Names, scope: Names, truth: bool) -> str:
        """A phrase for why the expression is true, or false."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self.why(inner, names, scope, not truth)
            case ast.BoolOp(op=op, values=values):
                return self._connective(isinstance(op, ast.And), values, names, scope, truth)
            case ast.Call(func=ast.Name(id="all" | "any" as kind), args=[ast.GeneratorExp() as g]):
                return self._quantifier(kind == "all", g, names, scope, truth)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name), args=args):
                return self._helper(name, args, names, scope, truth)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                holds = bool(self._value(test, names, scope))
                chosen = self.why(body if holds else orelse, names, scope, truth)
                return f"{self.why(test, names, scope, holds)}, {chosen}"
        return self._leaf(node, names, scope, truth)

    def _connective(
        self, conjunction: bool, values: list[ast.expr], names: Names, scope: Names, truth: bool
    ) -> str:
        if conjunction == truth:  # a true "and", a false "or": every part matters
            return " and ".join(self.why(v, names, scope, truth) for v in values)
        decisive = next(v for v in values if bool(self._value(v, names, scope)) == truth)
        return self.why(decisive, names, scope, truth)

    def _quantifier(
        self, forall: bool, node: ast.GeneratorExp, names: Names, scope: Names, truth: bool
    ) -> str:
        if forall == truth:  # a true "all", a false "any": there is no single witness
            return self._leaf(node, names, scope, truth)
        for found in self._bindings(node.generators, names, scope):
            if bool(self._value(node.elt, found, scope)) != truth:
                continue
            new = {k: v for k, v in found.items() if k not in names}
            premises = [
                self.why(test, found, scope, True)
                for generator in node.generators
                for test in generator.ifs
            ]
            return _sentence(new, premises, self.why(node.elt, found, scope, truth), truth)
        return ast.unparse(node)

    def _bindings(
        self, generators: list[ast.comprehension], names: Names, scope: Names
    ) -> Iterator[dict[str, Any]]:
        if not generators:
            yield dict(names)
            return
        first, *rest = generators
        for item in _in_order(self._value(first.iter, names, scope)):
            assert isinstance(first.target, ast.Name)
            inner = {**names, first.target.id: item}
            if all(self._value(test, inner, scope) for test in first.ifs):
                yield from self._bindings(rest, inner, scope)

    def _helper(
        self, name: str, args: list[ast.expr], names: Names, scope: Names, truth: bool
    ) -> str:
        values = [self._value(a, names, scope) for a in args]
        call = f"{name}({', '.join(map(repr, values))})"
        if not truth:
            return f"not {call}"
        method = getattr(self.description.protocol, name)
        parameters = list(itertools.islice(method.__code__.co_varnames, 1, 1 + len(values)))
        inner = self.of_method(method, dict(zip(parameters, values, strict=True)), truth=True)
        if not inner:
            return call
        return f"{call} by {inner}" if inner.startswith("{") else f"{call}, as {inner}"

    def _leaf(self, node: ast.expr, names: Names, scope: Names, truth: bool) -> str:
        text = ast.unparse(_Named(names).visit(ast.parse(ast.unparse(node), mode="eval")).body)
        return text if truth else f"not ({text})"


class _Named(ast.NodeTransformer):
    """Replaces bound names by their values."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id in self.names:
            holder = self.names[node.value.id]
            if node.value.id != "self" and hasattr(holder, node.attr):
                return ast.Name(id=repr(getattr(holder, node.attr)))
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == "self" or node.id not in self.names:
            return node
        return ast.Name(id=repr(self.names[node.id]))


def _sentence(new: Names, premises: list[str], conclusion: str, truth: bool) -> str:
    simple = all(isinstance(v, frozenset) for v in new.values())
    if truth and simple and not premises:
        return ", ".join(map(repr, new.values()))  # "chosen(b1, v0) by {a0,a1}"
    if premises:
        word = "and" if truth else "but"
        return f"{' and '.join(premises)}, {word} {conclusion}"
    if truth:
        return conclusion
    given = ", ".join(f"{k} = {v!r}" for k, v in new.items())
    return f"with {given}: {conclusion}"


def _in_order(items: Any) -> list[Any]:
    """Sets are walked in a fixed order, so that a witness does not change between runs."""
    return sorted(items, key=repr) if isinstance(items, frozenset | set) else list(items)
