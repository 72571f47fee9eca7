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
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quorate.model.language import Record
from quorate.model.language.frontend.source import function_source
from quorate.model.language.interpreter import Interpreter, State
from quorate.model.language.ir import core as c

from .naming import shown
from .phrases import Comprehension, Phrases
from .scope import ITEM, MethodScope, Names

_COMPREHENSIONS = (ast.GeneratorExp, ast.ListComp, ast.SetComp)
_NOTHING = re.compile(r"(there is )?no ")
_ALONE = re.compile(r"there is (\{[^{}]*\})( in \w+)?")
MOST_REASONS = 3
"""How many elements are named that an `all` fails for."""


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
    return Reasons(holder).of_method(method, owner, {}, truth=False)


def _resolve(mro: tuple[type, ...], name: str) -> tuple[Any, type]:
    """The method that a class finds under a name, and the class that has it."""
    for owner in mro:
        if inspect.isfunction(found := vars(owner).get(name)):
            return found, owner
    raise NoWitnessError(f"`{name}` is no method")


@dataclass
class Reasons:
    """Phrases about one state, which `holder`, an interpreter's object, is in.

    With `thorough`, all that is missing is named, and why a helper is false; else one reason is
    enough. Raises NoWitnessError for what cannot be taken apart.
    """

    holder: Any
    thorough: bool = False
    _inside: int = 0
    """How many helpers the walk is inside of."""

    def of_method(self, method: Any, owner: type, arguments: Mapping[str, Any], truth: bool) -> str:
        """Why a property or helper has this truth value for these arguments."""
        node, _ = function_source(method)
        scope = MethodScope(owner, {**arguments}, self._around(method, owner))
        scope.names[node.args.args[0].arg] = self.holder
        found = self._of_body(node.body, scope, truth)
        if found is None:
            raise NoWitnessError(f"`{method.__name__}` ends without a value")
        return found

    def _around(self, method: Any, owner: type) -> Names:
        known = {**method.__globals__, **inspect.getclosurevars(method).nonlocals}
        return self.around(known, owner)

    def around(self, known: Names, owner: type) -> Names:
        """What a method of `owner` sees besides its locals: what is known there, and `super`."""
        around = dict(known)
        around["super"] = lambda: builtins.super(owner, self.holder)
        around["__class__"] = owner
        return around

    def _of_body(self, body: list[ast.stmt], scope: MethodScope, truth: bool) -> str | None:
        """Why these statements return what they do; None if they return nothing."""
        for statement in body:
            match statement:
                case ast.Return(value=ast.Constant(value=value)) if bool(value) == truth:
                    return ""  # the tests before it are the reason
                case ast.Return(value=ast.expr() as value):
                    return self.why(value, scope, truth)
                case ast.If(test=test, body=then, orelse=otherwise) if _returns(statement):
                    holds = bool(scope.value(test))
                    found = self._of_body(then if holds else otherwise, scope, truth)
                    if found is not None:
                        return _joined([self.why(test, scope, holds), found])
                case _ if _returns(statement):
                    kind = type(statement).__name__.lower()
                    raise NoWitnessError(f"a `{kind}` that returns")
                case _:
                    scope.run(statement)
        return None

    def why(self, node: ast.expr, scope: MethodScope, truth: bool) -> str:
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
                return _joined([self.why(test, scope, holds), chosen])
        return self._leaf(node, scope, truth)

    def _connective(
        self, conjunction: bool, values: list[ast.expr], scope: MethodScope, truth: bool
    ) -> str:
        if conjunction == truth:  # a true "and", a false "or": every part matters
            told = [v for v in values if not self._is_evident(v, scope)] or values
            return _joined([self.why(v, scope, truth) for v in told])
        decisive = next(v for v in values if bool(scope.value(v)) == truth)
        return self.why(decisive, scope, truth)

    # ------------------------------------------------------------ all, any

    def _quantifier(
        self,
        call: ast.Call,
        forall: bool,
        node: Comprehension,
        scope: MethodScope,
        truth: bool,
    ) -> str:
        if forall == truth:  # a true "all", a false "any": there is no single witness
            return self._leaf(call, scope, truth)
        reasons: list[str] = []
        for found in self._bindings(node.generators, scope):
            if self._decides(node.elt, found, truth):
                reason = self._element(node, found, scope, truth)
                reasons += [reason] if reason not in reasons else []
                if not self.thorough or truth:
                    break
        if not reasons:
            raise NoWitnessError(f"no element decides `{ast.unparse(node)}`")
        more = len(reasons) - MOST_REASONS
        rest = [f"{more} more like this"] if more > 0 else []
        return _joined([*reasons[:MOST_REASONS], *rest])

    def _element(
        self, node: Comprehension, found: MethodScope, scope: MethodScope, truth: bool
    ) -> str:
        """What an element says that decides an `all` or `any`."""
        new = {k: v for k, v in found.names.items() if scope.names.get(k, ITEM) is not v}
        tests = (test for generator in node.generators for test in generator.ifs)
        told = (test for test in tests if not self._is_evident(test, found))
        premises = [self.why(test, found, True) for test in told]
        if truth and not premises and self._is_evident(node.elt, found):
            return f"there is {' and '.join(map(shown, new.values()))}{_of(node)}"
        return _sentence(new, premises, self.why(node.elt, found, truth), truth)

    def _decides(self, element: ast.expr, scope: MethodScope, truth: bool) -> bool:
        """Whether an element decides it. CPython stopped before any undefined element."""
        try:
            return bool(scope.value(element)) == truth
        except Exception:
            return False

    def _bindings(
        self, generators: list[ast.comprehension], scope: MethodScope
    ) -> Iterator[MethodScope]:
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

    def _helper_of(
        self, holder: ast.expr, name: str, scope: MethodScope
    ) -> tuple[Any, type] | None:
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

    def _helper(
        self, method: Any, owner: type, node: ast.Call, scope: MethodScope, truth: bool
    ) -> str:
        values = [scope.value(a) for a in node.args if not isinstance(a, ast.Starred)]
        named_ = {k.arg: scope.value(k.value) for k in node.keywords if k.arg is not None}
        if len(values) + len(named_) < len(node.args) + len(node.keywords):
            return self._leaf(node, scope, truth)
        listed = [*map(shown, values), *(f"{k}={shown(v)}" for k, v in named_.items())]
        call = f"{method.__name__}({', '.join(listed)})"
        bound = inspect.signature(method).bind(self.holder, *values, **named_)
        bound.apply_defaults()
        _, *arguments = bound.arguments.items()
        said = call if truth else f"not {call}"
        try:
            self._inside += 1
            inner = self.of_method(method, owner, dict(arguments), truth)
        except Exception:  # what it is, is known; why cannot be said
            return said
        finally:
            self._inside -= 1
        if inner.startswith("{"):
            return f"{said} by {inner}"
        if not self._inside and (alone := _ALONE.fullmatch(inner)):
            return f"{said} by {alone[1]}"
        if not (truth or self.thorough) and _NOTHING.match(inner):
            return said  # which says as much
        # A helper that only serves another is passed over: its reason is the reason.
        return f"{said}, since {inner}" if inner and not self._inside else inner or said

    def _is_evident(self, node: ast.expr, scope: MethodScope) -> bool:
        """Whether nobody has to be told that an expression is true, or false."""
        if isinstance(node, ast.BoolOp):
            return all(self._is_evident(part, scope) for part in node.values)
        constant = isinstance(node, ast.Constant)
        return constant or Phrases(scope.names, scope.value).evident(node)

    def _leaf(self, node: ast.expr, scope: MethodScope, truth: bool) -> str:
        return Phrases(scope.names, scope.value, by_name=self.thorough).fact(node, truth)


def _returns(statement: ast.stmt) -> bool:
    """Whether a statement may return from the method; nested functions do not count."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return False
    if isinstance(statement, ast.Return):
        return True
    inner = (n for n in ast.iter_child_nodes(statement) if isinstance(n, ast.stmt))
    cases = (n for n in ast.walk(statement) if isinstance(n, ast.ExceptHandler | ast.match_case))
    return any(map(_returns, inner)) or any(_returns(s) for case in cases for s in case.body)


def _is_builtin(name: str, scope: MethodScope) -> bool:
    found = scope.names.get(name, scope.around.get(name, getattr(builtins, name)))
    return found is getattr(builtins, name)


def _joined(reasons: Sequence[str]) -> str:
    """The reasons as one; a comma keeps those apart that have reasons of their own."""
    said = list(dict.fromkeys(filter(None, reasons)))
    return (", and " if any(", since " in reason for reason in said) else " and ").join(said)


def _sentence(new: Names, premises: list[str], conclusion: str, truth: bool) -> str:
    simple = all(isinstance(v, frozenset) for v in new.values())
    if truth and simple and not premises:
        return ", ".join(map(shown, new.values()))  # "chosen(b1, v0) by {a0,a1}"
    said = _joined(premises)
    unsaid = {k: v for k, v in new.items() if not _says(f"{said} {conclusion}", shown(v))}
    named_ = truth or (said and not any(isinstance(v, Record) for v in unsaid.values()))
    given = "" if named_ else ", ".join(f"{k} = {shown(v)}" for k, v in unsaid.items())
    if said:
        apart = ", and" if ", since " in said else " and"
        conclusion = f"{said}{apart if truth else ', but'} {conclusion}"
    return f"with {given}: {conclusion}" if given else conclusion


def _of(node: Comprehension) -> str:
    """What the one element is among, if that has a name: ` in Quorum`."""
    match node.generators:
        case [ast.comprehension(iter=ast.Name(id=name))]:
            return f" in {name}"
    return ""


def _says(text: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def _in_order(items: Any) -> list[Any]:
    """Sets are walked in a fixed order, so that a witness does not change between runs."""
    return sorted(items, key=repr) if isinstance(items, frozenset | set) else list(items)
