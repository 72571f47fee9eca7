"""Reading the body of an action, statement by statement."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from quorate._spelling import nearest
from quorate.model.language.declare.protocol import Mark, Variable, require
from quorate.model.language.diagnostics import Diagnostic, ModelError, Span
from quorate.model.language.ir import surface as s

from .annotations import import_hint
from .effects import (
    holds_messages,
    lost_variables,
    read_assignment,
    read_crash,
    read_discard,
    read_drop,
    read_send,
)
from .expressions import ExpressionReader
from .functions import FunctionReader
from .loops import check_loop
from .matching import as_if
from .source import function_source
from .unsupported import refuse_call, refuse_statement
from .wording import code, joined, listed, negated


@dataclass
class Body:
    """Reads the statements of one action."""

    owner: FunctionReader
    reader: ExpressionReader
    defined_in: type
    mistakes: list[Diagnostic]
    mistaken: bool = False
    effect: Span | None = None  # the first effect so far
    nested: str = ""
    tests: tuple[ast.expr, ...] = ()  # the tests of the `if`s around this block

    def block(self, nodes: Iterable[ast.stmt]) -> list[s.Statement]:
        found: list[s.Statement] = []
        bound: list[s.Expr] = []  # the local names bound since the last statement
        for node in nodes:
            try:
                if _is_local(node):
                    bound.append(self.owner.bind_local(node, self.reader))
                    continue
                statements = self.statement(node)
            except ModelError as error:
                self.mistakes += error.diagnostics
                self.mistaken = True
                targets = [x for x in ast.walk(node) if isinstance(x, ast.Name)]
                names = [x.id for x in targets if isinstance(x.ctx, ast.Store)]
                self.reader.failed.update(dict.fromkeys(names, error))
                continue
            if not isinstance(node, ast.Expr) or not _is_super(node.value):
                self.reader.done += statements  # those of `super()` are there already
            found += _after(bound, statements)
            bound = [] if statements else bound
        # No statement follows the last local names, but CPython evaluates them all the same.
        return [*found[:-1], *_after(bound, found[-1:])]

    def statement(self, node: ast.stmt) -> list[s.Statement]:
        match node:
            case ast.Expr(ast.Constant()) | ast.Pass():
                return []
            case ast.Expr(ast.Call() as call):
                return self._call(node, call)
            case (
                ast.Assign(targets=[target], value=ast.expr() as value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                return [self._assign(node, target, value)]
            case ast.AugAssign(target=ast.Attribute() | ast.Subscript() as target):
                # CPython, too, reads the old value first, and values are never changed in place.
                new = ast.BinOp(left=target, op=node.op, right=node.value)
                return [self._assign(node, target, ast.copy_location(new, node))]
            case ast.If():
                return [self._if(node)]
            case ast.Match():
                return [self._if(as_if(self.reader, node))]
            case ast.For():
                return [self._for(node)]
        refuse_statement(self.reader, node)

    def _call(self, node: ast.stmt, call: ast.Call) -> list[s.Statement]:
        match call.func:
            case ast.Name(id="require"):
                return [self._require(node, call)]
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="self")) as holder, attr="add"
            ):
                return [self._send(node, call, holder)]
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="self")) as holder,
                attr="discard" | "remove",
            ) if holds_messages(self.reader, holder):
                return [self._discard(node, call, holder)]
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="self")) as holder, attr="drop"
            ) if holds_messages(self.reader, holder):
                return [self._drop(node, call, holder)]
            case ast.Attribute(value=ast.Name(id="self"), attr="crash"):
                return [self._crash(node, call)]
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name):
                return self._super(call, name)
        refuse_call(self.reader, call)

    def _require(self, node: ast.stmt, call: ast.Call) -> s.Statement:
        if self.reader.scope.get("require") is not require:
            self.reader.fail(
                "unknown-name",
                "name `require` is not that of the modelling language"
                if "require" in self.reader.scope
                else "name `require` is not defined",
                call.func,
                "unknown name",
                import_hint("require"),
            )
        if self.effect is not None:
            self.reader.fail(
                "require-after-effect",
                "`require` comes after an effect",
                node,
                "guards come first",
                "move this line above the first effect: a disabled action changes nothing",
                ((self.effect, "first effect"),),
            )
        if self.nested:
            self.reader.fail(
                "require-in-branch",
                f"`require` inside `{self.nested}`",
                node,
                "guards stand at the top of an action",
                f"write `require({self._guarded(call)})` above, or one action per branch"
                if self.tests and call.args
                else "guards stand above the loop: `require(all(... for x in Sort))`",
            )
        if len(call.args) != 1 or call.keywords:
            first = code(call.args[0]) if call.args else "condition"
            self.reader.fail(
                "argument-count",
                "`require` takes one condition",
                call,
                f"{len(call.args) + len(call.keywords)} given",
                f"write `require({first})`",
            )
        condition = self.reader.condition(call.args[0])
        self.reader.learn(condition)
        return s.Require(condition=condition, span=self.reader.span(call.args[0]))

    def _assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> s.Statement:
        variable, found = read_assignment(self.reader, node, target, value)
        self._wrote(variable, node)
        return found

    def _send(self, node: ast.stmt, call: ast.Call, holder: ast.Attribute) -> s.Statement:
        found = read_send(self.reader, node, call, holder)
        self._wrote(found.variable, node)
        return found

    def _discard(self, node: ast.stmt, call: ast.Call, holder: ast.Attribute) -> s.Statement:
        found = read_discard(self.reader, node, call, holder)
        self._wrote(found.variable, node)
        return found

    def _drop(self, node: ast.stmt, call: ast.Call, holder: ast.Attribute) -> s.Statement:
        found = read_drop(self.reader, node, call, holder)
        self._wrote(found.variable, node)
        return found

    def _crash(self, node: ast.stmt, call: ast.Call) -> s.Statement:
        found = read_crash(self.reader, node, call)
        for variable in lost_variables(self.owner.variables.values(), found.process.type):
            self._wrote(variable, node)
        return found

    def _wrote(self, variable: Variable, node: ast.stmt) -> None:
        span = self.reader.span(node)
        self.effect = self.effect or span
        self.reader.written.setdefault(variable.name, span)

    def _super(self, call: ast.Call, name: str) -> list[s.Statement]:
        """`super().action(...)`: the overridden action's statements, with these arguments."""
        function = getattr(super(self.defined_in, self.owner.protocol), name, None)
        if function is None or getattr(function, "_quorate", _NO_MARK).kind not in (
            "action",
            "init",
        ):
            known = [
                n
                for n in self.owner.protocol.methods("action")
                if hasattr(super(self.defined_in, self.owner.protocol), n)
            ]
            near = nearest(name, known)
            self.reader.fail(
                "unknown-super",
                f"no base class of {self.defined_in.__name__} has an action `{name}`",
                call,
                "unknown action",
                f"did you mean `super().{near}({listed(call.args)})`?"
                if near
                else f"their actions are {', '.join(known) or 'none'}",
            )
        node, _ = function_source(function)
        outer = self.owner.reading(function)
        parameters = self.owner.parameters(node, outer)
        if len(call.args) != len(parameters) or call.keywords:
            self.reader.fail(
                "argument-count",
                f"`{name}` takes {len(parameters)} arguments by position",
                call,
                f"{len(call.args) + len(call.keywords)} given",
                f"write `super().{name}({', '.join(p.name for p in parameters)})`",
            )
        given = [
            self.reader.value(argument, parameter.type)
            for parameter, argument in zip(parameters, call.args, strict=True)
        ]
        outer.env |= {p.name: value for p, value in zip(parameters, given, strict=True)}
        outer.written, outer.present = self.reader.written, self.reader.present
        outer.done, outer.calling = self.reader.done, self.reader.calling
        body = replace(self, reader=outer, defined_in=self.owner.method_of(function))
        statements = body.block(node.body)
        self.effect, self.mistaken = body.effect, body.mistaken
        self.reader.present = outer.present
        return _after(given, statements)

    def _if(self, node: ast.If) -> s.Statement:
        test = self.reader.condition(node.test)
        inner = replace(self, nested="if", tests=(*self.tests, node.test))
        # The branches do not see each other's writes; what follows sees those of both.
        before, done = dict(self.reader.written), self.reader.done
        branches = []
        for nodes in (node.body, node.orelse):
            if nodes is node.orelse:
                inner.tests = (*self.tests, negated(node.test))
            reader = self.reader.given(test, nodes is node.body)
            inner.reader = replace(reader, env=dict(reader.env), written=dict(before), done=[*done])
            branches.append(tuple(inner.block(nodes)))
            for name, span in inner.reader.written.items():
                self.reader.written.setdefault(name, span)
        self.effect, self.mistaken = inner.effect, inner.mistaken
        return s.If(
            test=test, then=branches[0], orelse=branches[1], span=self.reader.span(node.test)
        )

    def _for(self, node: ast.For) -> s.Statement:
        if node.orelse:
            self.reader.fail(
                "unsupported-statement",
                "a loop has no `else`",
                node.orelse[0],
                "always runs",
                "write it after the loop",
            )
        if isinstance(node.target, ast.Name) and (bound := self.reader.env.get(node.target.id)):
            self.reader.fail(
                "rebound",
                f"`{node.target.id}` is bound twice",
                node.target,
                "bound again",
                "use another name: a local name stands for one value",
                ((bound.span, "bound here"),),
            )
        reader = replace(self.reader, env=dict(self.reader.env), done=[*self.reader.done])
        name, iterable = reader.bind(node.target, node.iter)
        inner = replace(self, reader=reader, nested="for")
        body = inner.block(node.body)
        self.effect, self.mistaken = inner.effect, inner.mistaken
        generator = s.Generator(name=name, iterable=iterable, conditions=())
        loop = s.For(generator=generator, body=tuple(body), span=self.reader.span(node.iter))
        check_loop(self.reader, loop)
        return loop

    def _guarded(self, call: ast.Call) -> str:
        """The condition of a nested `require`, with the tests that lead to it."""
        return joined("or", [*map(negated, self.tests), call.args[0]])


def _is_local(node: ast.stmt) -> TypeGuard[ast.Assign | ast.AnnAssign]:
    """`name = e` or `name: T = e`."""
    match node:
        case ast.Assign(targets=[ast.Name()]) | ast.AnnAssign(target=ast.Name(), value=ast.expr()):
            return True
        case ast.Assign(targets=[ast.Tuple(elts=elements)]):
            return all(isinstance(x, ast.Name | ast.Tuple) for x in elements)
    return False


def _is_super(node: ast.expr) -> bool:
    """`super().action(...)`."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")))):
            return True
    return False


def _after(bound: Sequence[s.Expr], statements: list[s.Statement]) -> list[s.Statement]:
    """The statements, with the values of these local names bound before the first."""
    if not bound or not statements:
        return statements
    first, *rest = statements
    return [replace(first, bound=(*bound, *first.bound)), *rest]


_NO_MARK = Mark("")
