"""Reading the body of an action, statement by statement."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace

from . import surface as s
from .diagnostics import Diagnostic, ModelError, Span
from .expressions import Reader
from .functions import Functions
from .protocol import Variable
from .source import function_source
from .types import (
    MapType,
    MessagesType,
    RecordType,
    SortType,
)


@dataclass
class Body:
    """Reads the statements of one action."""

    owner: Functions
    reader: Reader
    defined_in: type
    mistakes: list[Diagnostic]
    mistaken: bool = False
    effect: Span | None = None  # the first effect so far
    nested: str = ""

    def block(self, nodes: Iterable[ast.stmt]) -> list[s.Statement]:
        found: list[s.Statement] = []
        for node in nodes:
            try:
                found += self.statement(node)
            except ModelError as error:
                self.mistakes += error.diagnostics
                self.mistaken = True
        return found

    def statement(self, node: ast.stmt) -> list[s.Statement]:
        match node:
            case ast.Expr(ast.Constant()) | ast.Pass():
                return []
            case ast.Expr(ast.Call() as call):
                return self._call(node, call)
            case ast.Assign(targets=[ast.Name()]):
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
        word = type(node).__name__.lower()
        self.reader.fail(
            "unsupported-statement",
            f"`{word}` is not part of an action",
            node,
            "not allowed in an action",
            _STATEMENT_HINTS.get(word, _STATEMENTS),
        )

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
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("append", "extend"):
            hint = "sequences are values: write `self.x[i] = self.x[i] + (entry,)`"
        self.reader.fail(
            "foreign-call",
            f"`{ast.unparse(call.func)}(...)` is not part of an action",
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
                "write `require(not condition or ...)`, or one action per branch",
            )
        if len(call.args) != 1 or call.keywords:
            self.reader.fail("argument-count", "`require` takes one condition", call)
        condition = self.reader.condition(call.args[0])
        return s.Require(condition=condition, span=self._span(call.args[0]))

    def _send(self, node: ast.stmt, call: ast.Call, holder: ast.Attribute) -> s.Statement:
        variable = self.reader.variable(holder)
        if not isinstance(variable.type, MessagesType):
            self.reader.fail(
                "not-messages",
                f"`self.{variable.name}` is a {variable.type}, it holds no messages",
                holder,
                help=f"sets are values: write `self.{variable.name}[i] = "
                f"self.{variable.name}[i] | {{x}}`",
            )
        if len(call.args) != 1 or call.keywords:
            self.reader.fail("argument-count", "`add` takes one message", call)
        message = self.reader.read(call.args[0])
        record = message.type
        if not isinstance(record, RecordType):
            self.reader.fail(
                "not-a-message", "what is sent must be a message", call.args[0], f"a {record}"
            )
        self.reader.check_declared(call.args[0], variable, record.record)
        self._wrote(variable, node)
        return s.Send(variable=variable, message=message, span=self._span(node))

    def _crash(self, node: ast.stmt, call: ast.Call) -> s.Statement:
        process = self.reader.read(call.args[0]) if len(call.args) == 1 else None
        if process is None or not isinstance(process.type, SortType):
            self.reader.fail("bad-crash", "`crash` takes one process: an element of a sort", call)
        lost = [
            v
            for v in self.owner.variables.values()
            if v.volatile and isinstance(v.type, MapType) and v.type.keys[0] == process.type
        ]
        if not lost:
            self.reader.fail(
                "bad-crash",
                f"a {process.type} has nothing volatile to lose",
                call,
                help=f"declare a map keyed first by {process.type} as `volatile(...)`",
            )
        for variable in lost:
            self._wrote(variable, node)
        return s.Crash(process=process, span=self._span(node))

    def _super(self, call: ast.Call, name: str) -> list[s.Statement]:
        """`super().action(...)`: the overridden action's statements, with these arguments."""
        function = getattr(super(self.defined_in, self.owner.protocol), name, None)
        if function is None or not hasattr(function, "_quorate"):
            self.reader.fail(
                "unknown-super", f"no base class of {self.defined_in.__name__} has `{name}`", call
            )
        node, _ = function_source(function)
        outer = self.owner.reading(function)
        parameters = self.owner.parameters(node, outer)
        if len(call.args) != len(parameters) or call.keywords:
            self.reader.fail(
                "argument-count", f"`{name}` takes {len(parameters)} arguments by position", call
            )
        for parameter, argument in zip(parameters, call.args, strict=True):
            outer.env[parameter.name] = self.reader.value(argument, parameter.type)
        outer.written = self.reader.written
        body = replace(self, reader=outer, defined_in=self.owner.method_of(function))
        statements = body.block(node.body)
        self.effect, self.mistaken = body.effect, body.mistaken
        return statements

    def _assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> s.Statement:
        holder = target.value if isinstance(target, ast.Subscript) else target
        if not (
            isinstance(holder, ast.Attribute)
            and isinstance(holder.value, ast.Name)
            and holder.value.id == "self"
        ):
            self.reader.fail(
                "bad-target",
                "only state variables can be written",
                target,
                "not `self.variable` nor `self.variable[key]`",
                _STATEMENTS,
            )
        variable = self.reader.variable(holder)
        if isinstance(variable.type, MessagesType):
            self.reader.fail(
                "not-assignable",
                f"messages are sent, not assigned: `self.{variable.name}.add(...)`",
                target,
            )
        keys: tuple[s.Expr, ...] = ()
        t = variable.type
        if isinstance(t, MapType):
            if not isinstance(target, ast.Subscript):
                self.reader.fail(
                    "not-assignable",
                    f"`self.{variable.name}` is a map; write one cell at a time",
                    target,
                    help=f"`self.{variable.name}[key] = ...`, in a `for` loop for several",
                )
            keys, t = self.reader.keys(target, t), t.value
        elif isinstance(target, ast.Subscript):
            self.reader.fail(
                "not-assignable",
                f"`self.{variable.name}` is a {t}; its parts cannot be written",
                target,
                help="write a whole new value",
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
        target, value = ast.unparse(node.target), ast.unparse(node.value)
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
        inner = replace(self, nested="if")
        # A write in one branch is not seen by the other; both are seen by what follows.
        before = dict(self.reader.written)
        branches = []
        for nodes in (node.body, node.orelse):
            inner.reader = replace(self.reader, env=dict(self.reader.env), written=dict(before))
            branches.append(tuple(inner.block(nodes)))
            for name, span in inner.reader.written.items():
                self.reader.written.setdefault(name, span)
        self.effect, self.mistaken = inner.effect, inner.mistaken
        return s.If(test=test, then=branches[0], orelse=branches[1], span=self._span(node.test))

    def _for(self, node: ast.For) -> s.Statement:
        if node.orelse:
            self.reader.fail("unsupported-statement", "a loop has no `else`", node.orelse[0])
        reader = replace(self.reader, env=dict(self.reader.env), written=self.reader.written)
        name, iterable = reader.bind(node.target, node.iter)
        inner = replace(self, reader=reader, nested="for")
        body = inner.block(node.body)
        self.effect, self.mistaken = inner.effect, inner.mistaken
        generator = s.Generator(name=name, iterable=iterable, conditions=())
        return s.For(generator=generator, body=tuple(body), span=self._span(node.iter))


_STATEMENTS = (
    "allowed here: require(...), self.x[i] = e, self.sent.add(Message(...)), name = e, "
    "if/elif/else, for x in Sort"
)
_STATEMENT_HINTS = {
    "while": "a step is one atomic action: split the loop into one action per round",
    "return": "actions do not return; use require(...) to disable them",
    "raise": "use require(...) to disable an action",
    "assert": "use require(...) for a guard, @invariant for a property",
    "try": "a step cannot fail half-way; use require(...) and if/else",
    "with": "a step is one atomic action; nothing is entered or left",
    "delete": "assign the value that means nothing here, such as None",
}
