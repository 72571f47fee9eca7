"""Reading the body of an action, statement by statement."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn, TypeGuard

from quorate.model.language.declare.protocol import Mark, Variable
from quorate.model.language.declare.types import (
    MapType,
    MessagesType,
    RecordType,
    SetType,
    SortType,
)
from quorate.model.language.diagnostics import Diagnostic, ModelError, Span, article
from quorate.model.language.ir import surface as s

from .expressions import ExpressionReader
from .functions import Functions
from .loops import check_loop
from .source import function_source
from .wording import code, joined, listed, negated


@dataclass
class Body:
    """Reads the statements of one action."""

    owner: Functions
    reader: ExpressionReader
    defined_in: type
    mistakes: list[Diagnostic]
    mistaken: bool = False
    effect: Span | None = None  # the first effect so far
    nested: str = ""
    tests: tuple[ast.expr, ...] = ()  # of the `if`s around

    def block(self, nodes: Iterable[ast.stmt]) -> list[s.Statement]:
        found: list[s.Statement] = []
        bound: list[s.Expr] = []  # since the last statement
        for node in nodes:
            try:
                if _is_local(node):
                    bound.append(self.owner.bind_local(node, self.reader))
                    continue
                statements = self.statement(node)
            except ModelError as error:
                self.mistakes += error.diagnostics
                self.mistaken = True
                continue
            found += _after(bound, statements)
            bound = [] if statements else bound
        # Nothing uses the last ones; they are computed all the same.
        return [*found[:-1], *_after(bound, found[-1:])]

    def statement(self, node: ast.stmt) -> list[s.Statement]:
        match node:
            case ast.Expr(ast.Constant()) | ast.Pass():
                return []
            case ast.Expr(ast.Call() as call):
                return self._call(node, call)
            case (
                ast.Assign(targets=[ast.Name()])
                | ast.AnnAssign(target=ast.Name(), value=ast.expr())
            ):
                self.owner.bind_local(node, self.reader)
                return []
            case ast.Assign(targets=[target]):
                return [self._assign(node, target, node.value)]
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return [self._assign(node, target, value)]
            case ast.AugAssign():
                self._augmented(node)
            case ast.If():
                return [self._if(node)]
            case ast.For():
                return [self._for(node)]
        if isinstance(node, ast.Expr):
            self._unused(node.value)
        word = _WORDS.get(type(node).__name__, type(node).__name__.lower())
        if isinstance(node, ast.Assign):
            self.reader.fail(
                "bad-target",
                "one name is bound at a time",
                node.targets[0],
                "several targets",
                "bind each name on a line of its own",
            )
        self.reader.fail(
            "unsupported-statement",
            f"`{word}` is not part of an action",
            node,
            "not allowed in an action",
            _STATEMENT_HINTS.get(word, _STATEMENTS),
        )

    def _unused(self, value: ast.expr) -> NoReturn:
        hint = f"write `require({code(value)})`" if self._is_condition(value) else "take it out"
        match value:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]) if code(
                left
            ).startswith("self."):
                text = f"`{code(left)} = {code(right)}`"
                hint = f"write {text} to assign it, or {hint.removeprefix('write ')} as a guard"
            case ast.Name(id="require"):
                hint = "write `require(condition)`"
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                hint = f"write `self.{name}(...)`" if name in self.reader.defines else ""
            case ast.Tuple(elts=[ast.Call(func=ast.Name(id="require")) as call, *_]):
                hint = f"write `{code(call)}` alone"
            case ast.Yield() | ast.YieldFrom() | ast.Await():
                hint = "a step is one atomic action; nothing is awaited or yielded"
        self.reader.fail(
            "unused-value",
            "this line computes a value and does nothing with it",
            value,
            "no effect",
            hint,
        )

    def _is_condition(self, value: ast.expr) -> bool:
        try:
            self.reader.condition(value)
        except ModelError:
            return False
        return True

    def _span(self, node: ast.AST) -> Span:
        return self.reader.span(node)

    def _call(self, node: ast.stmt, call: ast.Call) -> list[s.Statement]:
        match call.func:
            case ast.Name(id="require"):
                return [self._require(node, call)]
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="self")) as holder, attr="add"
            ):
                return [self._send(node, call, holder)]
            case ast.Attribute(value=ast.Name(id="self"), attr="crash"):
                return [self._crash(node, call)]
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name):
                return self._super(call, name)
        hint = _STATEMENTS
        if isinstance(call.func, ast.Attribute):
            owner = code(call.func.value)
            given = listed(call.args)
            if call.func.attr in self.owner.protocol.methods("action"):
                hint = "an action is a step of its own; only an override calls `super()`"
            elif owner in self.owner.variables and call.func.attr == "add":
                hint = f"write `self.{code(call)}`"
            elif call.func.attr == "append":
                hint = f"sequences are values: write `{owner} = {owner} + ({given},)`"
            elif call.func.attr == "extend":
                hint = f"sequences are values: write `{owner} = {owner} + {given}`"
            elif call.func.attr == "add":
                hint = f"sets are values: write `{owner} = {owner} | {{{given}}}`"
            elif call.func.attr in ("remove", "discard"):
                hint = f"sets are values: write `{owner} = {owner} - {{{given}}}`"
            elif call.func.attr in self.reader.defines:
                hint = "a @define computes a value and changes nothing: use it in a condition"
        elif call.func.id == "print" if isinstance(call.func, ast.Name) else False:
            hint = "take it out: what happened is seen in the trace"
        self.reader.fail(
            "foreign-call",
            f"`{code(call.func)}(...)` is not part of an action",
            call,
            "not allowed in an action",
            hint,
        )

    def _require(self, node: ast.stmt, call: ast.Call) -> s.Statement:
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
        return s.Require(condition=condition, span=self._span(call.args[0]))

    def _send(self, node: ast.stmt, call: ast.Call, holder: ast.Attribute) -> s.Statement:
        variable = self.reader.variable(holder)
        if not isinstance(variable.type, MessagesType):
            self.reader.fail(
                "not-messages",
                f"`self.{variable.name}` holds no messages",
                holder,
                f"this is {article(variable.type)}",
                _added(variable, call),
            )
        if len(call.args) != 1 or call.keywords:
            self.reader.fail(
                "argument-count",
                "`add` takes one message",
                call,
                f"{len(call.args) + len(call.keywords)} given",
                "send each message on a line of its own",
            )
        message = self.reader.read(call.args[0])
        record = message.type
        if not isinstance(record, RecordType):
            name = variable.type.messages[0].__name__
            self.reader.fail(
                "not-a-message",
                "what is sent must be a message",
                call.args[0],
                f"this is {article(record)}",
                f"write `self.{variable.name}.add({name}(...))`",
            )
        self.reader.check_declared(call.args[0], variable, record.record)
        self._wrote(variable, node)
        return s.Send(variable=variable, message=message, span=self._span(node))

    def _crash(self, node: ast.stmt, call: ast.Call) -> s.Statement:
        process = self.reader.read(call.args[0]) if len(call.args) == 1 else None
        if process is None or not isinstance(process.type, SortType):
            self.reader.fail(
                "bad-crash",
                "`crash` takes one process: an element of a sort",
                call,
                "no process",
                "write `self.crash(p)`, where `p` is a parameter of the action",
            )
        lost = [
            v
            for v in self.owner.variables.values()
            if v.volatile and isinstance(v.type, MapType) and v.type.keys[0] == process.type
        ]
        if not lost:
            self.reader.fail(
                "bad-crash",
                f"{article(process.type)} has nothing volatile to lose",
                call,
                "changes nothing",
                f"declare a map keyed first by {process.type} as `volatile(...)`",
            )
        for variable in lost:
            self._wrote(variable, node)
        return s.Crash(process=process, span=self._span(node))

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
            near = difflib.get_close_matches(name, known, 1)
            self.reader.fail(
                "unknown-super",
                f"no base class of {self.defined_in.__name__} has an action `{name}`",
                call,
                "unknown action",
                f"did you mean `super().{near[0]}({listed(call.args)})`?"
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
        body = replace(self, reader=outer, defined_in=self.owner.method_of(function))
        statements = body.block(node.body)
        self.effect, self.mistaken = body.effect, body.mistaken
        self.reader.present = outer.present
        return _after(given, statements)

    def _assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> s.Statement:
        holder = target.value if isinstance(target, ast.Subscript) else target
        if not (
            isinstance(holder, ast.Attribute)
            and isinstance(holder.value, ast.Name)
            and holder.value.id == "self"
        ):
            own = isinstance(holder, ast.Name) and holder.id in self.owner.variables
            deeper = code(holder)
            self.reader.fail(
                "bad-target",
                "only state variables can be written",
                target,
                "not `self.variable` nor `self.variable[key]`",
                f"write `self.{code(target)} = {code(value)}`"
                if own
                else "bind each name on a line of its own"
                if isinstance(target, (ast.Tuple, ast.List))
                else f"records, sets and sequences are values: write a whole new `{deeper}`"
                if deeper.startswith("self.")
                else _STATEMENTS,
            )
        variable = self.reader.variable(holder)
        if isinstance(variable.type, MessagesType):
            self.reader.fail(
                "not-assignable",
                "messages are sent, not assigned",
                target,
                "a set that only grows",
                f"write `self.{variable.name}.add(...)`; a message never received is a lost one",
            )
        keys: tuple[s.Expr, ...] = ()
        t = variable.type
        if isinstance(t, MapType):
            if not isinstance(target, ast.Subscript):
                self.reader.fail(
                    "not-assignable",
                    f"`self.{variable.name}` is a map; write one cell at a time",
                    target,
                    f"this is {article(t)}",
                    _each_cell(variable, value),
                )
            keys, t = self.reader.keys(target, t), t.value
        elif isinstance(target, ast.Subscript):
            self.reader.fail(
                "not-assignable",
                f"a part of {article(t)} cannot be written",
                target,
                "a part of a value",
                f"write a whole new value: `self.{variable.name} = ...`",
            )
        found = self.reader.value(value, t)
        self._wrote(variable, node)
        return s.Assign(variable=variable, keys=keys, value=found, span=self._span(node))

    def _wrote(self, variable: Variable, node: ast.stmt) -> None:
        span = self._span(node)
        self.effect = self.effect or span
        self.reader.written.setdefault(variable.name, span)

    def _augmented(self, node: ast.AugAssign) -> None:
        signs = {ast.Add: "+", ast.Sub: "-", ast.BitOr: "|", ast.BitAnd: "&"}
        target, value = code(node.target), code(node.value)
        sign = signs.get(type(node.op))
        self.reader.fail(
            "augmented-assignment",
            "augmented assignment is not part of an action",
            node,
            "reads and writes at once",
            f"write `{target} = {target} {sign} {value}`" if sign else "",
        )

    def _if(self, node: ast.If) -> s.Statement:
        test = self.reader.condition(node.test)
        inner = replace(self, nested="if", tests=(*self.tests, node.test))
        # A write in one branch is not seen by the other; both are seen by what follows.
        before = dict(self.reader.written)
        branches = []
        for nodes in (node.body, node.orelse):
            if nodes is node.orelse:
                inner.tests = (*self.tests, negated(node.test))
            reader = self.reader.given(test, nodes is node.body)
            inner.reader = replace(reader, env=dict(reader.env), written=dict(before))
            branches.append(tuple(inner.block(nodes)))
            for name, span in inner.reader.written.items():
                self.reader.written.setdefault(name, span)
        self.effect, self.mistaken = inner.effect, inner.mistaken
        return s.If(test=test, then=branches[0], orelse=branches[1], span=self._span(node.test))

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
        reader = replace(self.reader, env=dict(self.reader.env), written=self.reader.written)
        name, iterable = reader.bind(node.target, node.iter)
        inner = replace(self, reader=reader, nested="for")
        body = inner.block(node.body)
        self.effect, self.mistaken = inner.effect, inner.mistaken
        generator = s.Generator(name=name, iterable=iterable, conditions=())
        loop = s.For(generator=generator, body=tuple(body), span=self._span(node.iter))
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
    return False


def _after(bound: Sequence[s.Expr], statements: list[s.Statement]) -> list[s.Statement]:
    """The statements, the first of them after local names have been bound."""
    if not bound or not statements:
        return statements
    first, *rest = statements
    return [replace(first, bound=(*bound, *first.bound)), *rest]


_NO_MARK = Mark("")
_STATEMENTS = (
    "allowed here: require(...), self.x[i] = e, self.sent.add(Message(...)), name = e, "
    "if/elif/else, for x in Sort"
)
_WORDS = {
    "Delete": "del",
    "FunctionDef": "def",
    "AsyncFunctionDef": "async def",
    "ClassDef": "class",
    "AsyncFor": "async for",
    "AsyncWith": "async with",
    "ImportFrom": "import",
    "TryStar": "try",
    "AnnAssign": "a name without a value",
}
_STATEMENT_HINTS = {
    "while": "a step is one atomic action: split the loop into one action per round",
    "return": "actions do not return; use require(...) to disable them",
    "raise": "use require(...) to disable an action",
    "assert": "use require(...) for a guard, @invariant for a property",
    "try": "a step cannot fail half-way; use require(...) and if/else",
    "with": "a step is one atomic action; nothing is entered or left",
    "def": "a helper is a method of the protocol, decorated with @define",
    "match": "write `if`/`elif`/`else`",
    "global": "state belongs in variables of the protocol",
    "del": "assign the value that means nothing here, such as None",
}


def _added(variable: Variable, call: ast.Call) -> str:
    """How to add to a set variable instead."""
    given = listed(call.args)
    cell = f"self.{variable.name}"
    t = variable.type
    if isinstance(t, MapType):
        cell, t = f"{cell}[{', '.join(str(k).lower() for k in t.keys)}]", t.value
    if isinstance(t, SetType):
        return f"sets are values: write `{cell} = {cell} | {{{given}}}`"
    return "messages are held by a variable of type `Messages[...]`"


def _each_cell(variable: Variable, value: ast.expr) -> str:
    assert isinstance(variable.type, MapType)
    names = [f"x{i}" for i in range(len(variable.type.keys))] if variable.type.keys[1:] else ["x"]
    loops = " ".join(f"for {n} in {k}:" for n, k in zip(names, variable.type.keys, strict=True))
    text = code(value) if isinstance(value, (ast.Attribute, ast.Constant)) else "..."
    return f"write `{loops} self.{variable.name}[{', '.join(names)}] = {text}`"
