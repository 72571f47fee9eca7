"""Why a property is false (or true) in a state, in words.

The walk over the method's source finds the elements that make an `all(...)` fail, the conjunct that
is false, and what makes the premises true. CPython evaluates every part and runs every statement,
and each phrase is checked before it is used. An expression that cannot be taken apart is shown
whole. If not even that is possible, there is no witness, rather than a wrong one.
"""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from quorate.model.language.frontend.source import function_source
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.language.ir import core as c

from .naming import named, shown

Names = dict[str, Any]
_COMPREHENSIONS = (ast.GeneratorExp, ast.ListComp, ast.SetComp)
_ITEM = "__item__"


class NoWitnessError(Exception):
    """The walk found no reason; the text says what it met."""


def witness(
    description: c.Description, prop: c.Property, state: State, interpreter: Interpreter
) -> str:
    """Why the invariant is violated in this state. Use it inside the interpreter's sizes.

    Raises NoWitnessError.
    """
    interpreter.load(state)
    holder = interpreter.object
    method, owner = _resolve(type(holder).__mro__, prop.name)
    return _Explainer(holder).of_method(method, owner, {}, truth=False)


def _resolve(mro: tuple[type, ...], name: str) -> tuple[Any, type]:
    """The method that a class finds under a name, and the class that has it."""
    for owner in mro:
        if inspect.isfunction(found := vars(owner).get(name)):
            return found, owner
    raise NoWitnessError(f"`{name}` is no method")


@dataclass
class _Scope:
    """The names that a method's statements see and set."""

    owner: type
    names: Names  # parameters and locals
    around: Names  # globals and what the method closes over

    def inner(self) -> _Scope:
        return _Scope(self.owner, dict(self.names), self.around)

    def value(self, node: ast.expr) -> Any:
        """CPython's value of an expression. A name that `:=` binds is known from then on."""
        # Comprehensions see globals only: names go there too.
        everything = {**self.around, **self.names}
        value = eval(compile(ast.Expression(node), "<witness>", "eval"), everything)
        for part in ast.walk(node):
            if isinstance(part, ast.NamedExpr) and part.target.id in everything:
                self.names[part.target.id] = everything[part.target.id]
        return value

    def run(self, statement: ast.stmt) -> None:
        """Run a statement that returns nothing, with CPython."""
        known = {**self.around, **self.names}
        before = dict(known)
        module = ast.fix_missing_locations(ast.Module([statement], []))
        exec(compile(module, "<witness>", "exec"), known)
        changed = {k: v for k, v in known.items() if k not in before or before[k] is not v}
        self.names.update((k, v) for k, v in changed.items() if k != "__builtins__")

    def bind(self, target: ast.expr, item: Any) -> None:
        """Bind the target of a loop to an item."""
        self.names[_ITEM] = item
        value = ast.Name(id=_ITEM, ctx=ast.Load())
        self.run(ast.Assign(targets=[target], value=value, lineno=1))
        del self.names[_ITEM]


@dataclass
class _Explainer:
    holder: Any

    def of_method(self, method: Any, owner: type, arguments: Mapping[str, Any], truth: bool) -> str:
        """Why a property or helper has this truth value for these arguments."""
        node, _ = function_source(method)
        scope = _Scope(owner, {**arguments}, self._around(method, owner))
        scope.names[node.args.args[0].arg] = self.holder
        found = self._of_body(node.body, scope, truth)
        if found is None:
            raise NoWitnessError(f"`{method.__name__}` ends without a value")
        return found

    def _around(self, method: Any, owner: type) -> Names:
        around = {**method.__globals__, **inspect.getclosurevars(method).nonlocals}
        around["super"] = lambda: builtins.super(owner, self.holder)
        around["__class__"] = owner
        return around

    def _of_body(self, body: list[ast.stmt], scope: _Scope, truth: bool) -> str | None:
        """Why these statements return what they do; None if they return nothing."""
        for statement in body:
            match statement:
                case ast.Return(value=ast.expr() as value):
                    return self.why(value, scope, truth)
                case ast.If(test=test, body=then, orelse=otherwise) if _returns(statement):
                    holds = bool(scope.value(test))
                    found = self._of_body(then if holds else otherwise, scope, truth)
                    if found is not None:
                        return f"{self.why(test, scope, holds)}, {found}"
                case _ if _returns(statement):
                    kind = type(statement).__name__.lower()
                    raise NoWitnessError(f"a `{kind}` that returns")
                case _:
                    scope.run(statement)
        return None

    def why(self, node: ast.expr, scope: _Scope, truth: bool) -> str:
        """A phrase for why the expression is true, or false; CPython must agree."""
        if bool(scope.value(node)) != truth:
            raise NoWitnessError(f"`{ast.unparse(node)}` is {not truth} on its own")
        if any(isinstance(part, ast.NamedExpr) for part in ast.walk(node)):
            return self._leaf(node, scope, truth)
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self.why(inner, scope, not truth)
            case ast.BoolOp(op=op, values=values):
                return self._connective(isinstance(op, ast.And), values, scope, truth)
            case ast.Call(func=ast.Name(id="all" | "any" as kind), args=[g], keywords=[]) if (
                isinstance(g, _COMPREHENSIONS) and _is_builtin(kind, scope)
            ):
                return self._quantifier(node, kind == "all", g, scope, truth)
            case ast.Call(func=ast.Attribute(value=holder, attr=name)) if helper := self._helper_of(
                holder, name, scope
            ):
                return self._helper(*helper, node, scope, truth)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                holds = bool(scope.value(test))
                chosen = self.why(body if holds else orelse, scope, truth)
                return f"{self.why(test, scope, holds)}, {chosen}"
        return self._leaf(node, scope, truth)

    def _connective(
        self, conjunction: bool, values: list[ast.expr], scope: _Scope, truth: bool
    ) -> str:
        if conjunction == truth:  # a true "and", a false "or": every part matters
            return " and ".join(self.why(v, scope, truth) for v in values)
        decisive = next(v for v in values if bool(scope.value(v)) == truth)
        return self.why(decisive, scope, truth)

    # ------------------------------------------------------------ all, any

    def _quantifier(
        self,
        call: ast.Call,
        forall: bool,
        node: ast.GeneratorExp | ast.ListComp | ast.SetComp,
        scope: _Scope,
        truth: bool,
    ) -> str:
        if forall == truth:  # a true "all", a false "any": there is no single witness
            return self._leaf(call, scope, truth)
        for found in self._bindings(node.generators, scope):
            if not self._decides(node.elt, found, truth):
                continue
            new = {k: v for k, v in found.names.items() if scope.names.get(k, _ITEM) is not v}
            premises = [
                self.why(test, found, True)
                for generator in node.generators
                for test in generator.ifs
            ]
            return _sentence(new, premises, self.why(node.elt, found, truth), truth)
        raise NoWitnessError(f"no element decides `{ast.unparse(node)}`")

    def _decides(self, element: ast.expr, scope: _Scope, truth: bool) -> bool:
        """Whether an element decides it. CPython stopped before any undefined element."""
        try:
            return bool(scope.value(element)) == truth
        except Exception:
            return False

    def _bindings(self, generators: list[ast.comprehension], scope: _Scope) -> Iterator[_Scope]:
        if not generators:
            yield scope
            return
        first, *rest = generators
        try:
            items = _in_order(scope.value(first.iter))
        except Exception:
            return
        for item in items:
            inner = scope.inner()
            inner.bind(first.target, item)
            if all(self._decides(test, inner, True) for test in first.ifs):
                yield from self._bindings(rest, inner)

    # ------------------------------------------------------------ helpers

    def _helper_of(self, holder: ast.expr, name: str, scope: _Scope) -> tuple[Any, type] | None:
        """The method of the protocol that `self.name(...)`, or `super().name(...)`, calls."""
        mro = type(self.holder).__mro__
        match holder:
            case ast.Name(id=who) if scope.names.get(who) is self.holder:
                pass
            case ast.Call(func=ast.Name(id="super"), args=[], keywords=[]):
                mro = mro[mro.index(scope.owner) + 1 :]
            case _:
                return None
        try:
            return _resolve(mro, name)
        except NoWitnessError:
            return None

    def _helper(self, method: Any, owner: type, node: ast.Call, scope: _Scope, truth: bool) -> str:
        values = [scope.value(a) for a in node.args if not isinstance(a, ast.Starred)]
        named_ = {k.arg: scope.value(k.value) for k in node.keywords if k.arg is not None}
        if len(values) + len(named_) < len(node.args) + len(node.keywords):
            return self._leaf(node, scope, truth)
        said = [*map(shown, values), *(f"{k}={shown(v)}" for k, v in named_.items())]
        call = f"{method.__name__}({', '.join(said)})"
        if not truth:
            return f"not {call}"
        bound = inspect.signature(method).bind(self.holder, *values, **named_)
        bound.apply_defaults()
        _, *arguments = bound.arguments.items()
        try:
            inner = self.of_method(method, owner, dict(arguments), truth=True)
        except Exception:  # that it is true is known; why cannot be said
            return call
        return f"{call} by {inner}" if inner.startswith("{") else f"{call}, as {inner}"

    def _leaf(self, node: ast.expr, scope: _Scope, truth: bool) -> str:
        text = named(node, {k: v for k, v in scope.names.items() if v is not self.holder})
        return text if truth else f"not ({text})"


def _returns(statement: ast.stmt) -> bool:
    """Whether a statement may return from the method; nested functions do not count."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return False
    if isinstance(statement, ast.Return):
        return True
    inner = (n for n in ast.iter_child_nodes(statement) if isinstance(n, ast.stmt))
    cases = (n for n in ast.walk(statement) if isinstance(n, ast.ExceptHandler | ast.match_case))
    return any(map(_returns, inner)) or any(_returns(s) for case in cases for s in case.body)


def _is_builtin(name: str, scope: _Scope) -> bool:
    found = scope.names.get(name, scope.around.get(name, getattr(builtins, name)))
    return found is getattr(builtins, name)


def _sentence(new: Names, premises: list[str], conclusion: str, truth: bool) -> str:
    simple = all(isinstance(v, frozenset) for v in new.values())
    if truth and simple and not premises:
        return ", ".join(map(shown, new.values()))  # "chosen(b1, v0) by {a0,a1}"
    if premises:
        word = "and" if truth else "but"
        return f"{' and '.join(premises)}, {word} {conclusion}"
    if truth:
        return conclusion
    given = ", ".join(f"{k} = {shown(v)}" for k, v in new.items())
    return f"with {given}: {conclusion}"


def _in_order(items: Any) -> list[Any]:
    """Sets are walked in a fixed order, so that a witness does not change between runs."""
    return sorted(items, key=repr) if isinstance(items, frozenset | set) else list(items)
