"""Reading a protocol class: its variables, actions and properties, as the surface IR.

Each method is read from its source and each statement on its own, so that one run reports every
mistake. Nothing is executed.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import surface as s
from .data import Message, NotAType, Record, frozen, type_of
from .diagnostics import Diagnostic, ModelError, Span
from .expressions import NONE, Reader
from .protocol import Protocol, Variable
from .sorts import Sort
from .source import annotation_span, class_span, function_source, span_of
from .types import (
    BoolType,
    EnumType,
    MapType,
    MessagesType,
    NatType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
)


def capture(protocol: type[Protocol]) -> s.Description:
    """Read a protocol class. Raises ModelError with every mistake found."""
    return _Capture(protocol).run()


@dataclass
class _Capture:
    protocol: type[Protocol]
    variables: dict[str, Variable] = field(default_factory=dict)
    mistakes: list[Diagnostic] = field(default_factory=list)

    def run(self) -> s.Description:
        self._class_level()
        actions = self._actions("action")
        inits = self._actions("init")
        properties = [
            p
            for kind in ("invariant", "reachable")
            for name, f in self.protocol.methods(kind).items()
            if (p := self._attempt(lambda n=name, f=f, k=kind: self._property(n, f, k)))
        ]
        for name in self.protocol.methods("define"):
            self._attempt(lambda n=name: self._define(n, ()))
        if self.mistakes:
            raise ModelError(_unique(self.mistakes))
        return s.Description(
            protocol=self.protocol,
            variables=tuple(self.variables.values()),
            inits=tuple(inits),
            actions=tuple(actions),
            properties=tuple(properties),
        )

    def _attempt(self, read: Any) -> Any:
        try:
            return read()
        except ModelError as error:
            self.mistakes += error.diagnostics
            return None

    def _add(self, code: str, title: str, span: Span, label: str = "", help: str = "") -> None:
        where = self.protocol.__name__
        self.mistakes.append(Diagnostic(code, title, span, label, help, where))

    # ------------------------------------------------------------ the class

    def _class_level(self) -> None:
        try:
            self.variables = self.protocol.variables()
        except (NotAType, NameError, TypeError) as error:
            name, _, what = str(error).partition(": ")
            if isinstance(error, NotAType):
                title = f"`{what}` is not a type of the modelling language"
                span = annotation_span(self.protocol, name)
            else:
                title, span = f"an annotation cannot be evaluated: {error}", self._class_span()
            self._add("bad-annotation", title, span, "not a type", _TYPES)
            raise ModelError(self.mistakes) from None
        for variable in self.variables.values():
            self._check_variable(variable)
        if not self.protocol.methods("action"):
            self._add(
                "no-actions",
                f"{self.protocol.__name__} has no @action",
                self._class_span(),
                help="an action is a method decorated with @action",
            )
        self._check_messages()
        self._check_letters()

    def _class_span(self) -> Span:
        return class_span(self.protocol)

    def _check_variable(self, v: Variable) -> None:
        span = annotation_span(v.owner, v.name)
        if isinstance(v.type, MessagesType):
            return
        if isinstance(v.type, MapType) and any(
            not isinstance(k, (SortType, NatType, EnumType, BoolType)) for k in v.type.keys
        ):
            self._add("bad-key", "a map is keyed by sorts", span, f"keys of {v.type}")
            return
        if (loose := _loose(v.type)) is not None:
            self._add(
                "unbounded",
                f"`{v.name}` holds a {loose} without bounds",
                span,
                "no range",
                "declare `class Count(Nat): ...` and use it as the type",
            )
            return
        cell = v.type.value if isinstance(v.type, MapType) else v.type
        if not _holds(cell, frozen(v.initial)):
            bottom = cell.bottom if isinstance(cell, SortType) else None
            self._add(
                "bad-initial",
                f"`{v.name}` starts as {v.initial!r}, which is not a {cell}",
                span,
                f"each cell is a {cell}" if isinstance(v.type, MapType) else f"a {cell}",
                f"give a first value: `= durable({cell}.{bottom})`"
                if bottom
                else f"give a first value: `= durable(...)`, or declare it `{cell} | None`",
            )
        if v.volatile and not isinstance(v.type, MapType):
            self._add(
                "volatile-of-whom",
                f"`{v.name}` is volatile, but belongs to no process",
                span,
                help="a volatile variable is a map keyed first by the process that loses it",
            )

    def _check_messages(self) -> None:
        for variable in self.variables.values():
            if not isinstance(variable.type, MessagesType):
                continue
            for message in variable.type.messages:
                self._check_message(message)

    def _check_message(self, message: type[Record]) -> None:
        try:
            fields = message.field_types()
        except (NotAType, NameError) as error:
            self._add(
                "bad-field",
                f"{message.__name__} has a field of no type: {error}",
                class_span(message),
                "here",
                _TYPES,
            )
            return
        key = message.key if issubclass(message, Message) else None
        for name in key or ():
            if name not in fields:
                self._add(
                    "bad-message-key",
                    f"key={key!r} of {message.__name__} names `{name}`, which is no field",
                    class_span(message),
                    f"its fields are {', '.join(fields)}",
                )
        for name, t in fields.items():
            if (loose := _loose(t)) is not None:
                self._add(
                    "unbounded",
                    f"`{message.__name__}.{name}` is a {loose} without bounds",
                    class_span(message),
                    "no range",
                    "declare `class Count(Nat): ...` and use it as the type",
                )

    def _check_letters(self) -> None:
        letters: dict[str, type] = {}
        for sort in self.protocol.sorts().values():
            if not issubclass(sort, Sort):
                continue
            other = letters.setdefault(sort.short, sort)
            if other is not sort:
                self._add(
                    "same-letter",
                    f"elements of {other.__name__} and {sort.__name__} would both be named "
                    f"{sort.short}0, {sort.short}1, ...",
                    class_span(sort),
                    f"also `{sort.short}`",
                    f"give one of them another letter: `class {sort.__name__}(Sort, short=...)`",
                )

    # ------------------------------------------------------------ methods

    def _reader(self, function: Any, calling: tuple[str, ...] = ()) -> Reader:
        closure = inspect.getclosurevars(function).nonlocals
        return Reader(
            protocol=self.protocol,
            variables=self.variables,
            defines=self.protocol.methods("define"),
            scope={**function.__globals__, **closure},
            file=function.__code__.co_filename,
            where=function.__qualname__,
            calling=calling,
            read_define=self._define,
        )

    def _parameters(self, node: ast.FunctionDef, reader: Reader) -> tuple[s.Name, ...]:
        """The parameters after self, bound in the reader's environment."""
        extra = (*node.args.kwonlyargs, *node.args.posonlyargs)
        if node.args.vararg or node.args.kwarg or node.args.defaults or extra:
            reader.fail(
                "bad-parameters",
                "parameters are plain names with a type",
                node.args.args[-1] if node.args.args else node,
                "no defaults, no *args",
            )
        found = []
        for i, arg in enumerate(node.args.args[1:]):
            t = self._annotation(arg, reader)
            name = s.Name(name=arg.arg, uid=-1 - i, type=t, span=reader.span(arg))
            reader.env[arg.arg] = name
            found.append(name)
        return tuple(found)

    def _annotation(self, arg: ast.arg, reader: Reader) -> Type:
        if arg.annotation is None:
            reader.fail(
                "no-annotation",
                f"parameter `{arg.arg}` has no type",
                arg,
                "over what does it range?",
                f"write `{arg.arg}: Sort`",
            )
        text = ast.unparse(arg.annotation)
        text = text[1:-1] if text[:1] in "'\"" else text
        try:
            return type_of(eval(text, dict(reader.scope)))
        except (NotAType, NameError, TypeError, SyntaxError, AttributeError):
            reader.fail(
                "bad-annotation",
                f"`{text}` is not a type of the modelling language",
                arg.annotation,
                "not a type",
                _TYPES,
            )

    def _property(self, name: str, function: Any, kind: str) -> s.Property:
        node, _ = function_source(function)
        reader = self._reader(function)
        if self._parameters(node, reader):
            reader.fail(
                "bad-parameters",
                f"an @{kind} takes no parameters",
                node.args.args[1],
                help="quantify over the sort inside: `all(... for x in Sort)`",
            )
        body = self._returned(node, reader, boolean=True)
        return s.Property(
            name=name,
            kind=kind,
            body=body,
            span=_head(node, reader),
            doc=ast.get_docstring(node) or "",
        )

    def _define(self, name: str, calling: tuple[str, ...]) -> tuple[tuple[s.Name, ...], s.Expr]:
        function = self.protocol.methods("define")[name]
        node, _ = function_source(function)
        reader = self._reader(function, (*calling, name))
        parameters = self._parameters(node, reader)
        boolean = function.__annotations__.get("return") in (bool, "bool")
        return parameters, self._returned(node, reader, boolean)

    def _returned(self, node: ast.FunctionDef, reader: Reader, boolean: bool) -> s.Expr:
        """The value of a function whose body binds local names and returns once."""
        body = _without_docstring(node.body)
        for statement in body[:-1]:
            if not isinstance(statement, ast.Assign):
                reader.fail(
                    "not-an-expression",
                    "only local names may come before the `return` of a property or @define",
                    statement,
                    "not allowed here",
                )
            self._bind_local(statement, reader)
        last = body[-1] if body else node
        if not isinstance(last, ast.Return) or last.value is None:
            reader.fail(
                "no-return",
                f"`{node.name}` must end by returning a value",
                last,
                "no value is returned",
                "properties and @define helpers compute a value and change nothing",
            )
        return reader.condition(last.value) if boolean else reader.read(last.value)

    def _actions(self, kind: str) -> list[s.Action]:
        found = []
        for name, function in self.protocol.methods(kind).items():
            action = self._attempt(lambda n=name, f=function: self._action(n, f))
            if action is not None:
                found.append(action)
        return found

    def _action(self, name: str, function: Any) -> s.Action:
        node, _ = function_source(function)
        reader = self._reader(function)
        parameters = self._parameters(node, reader)
        body = _Body(self, reader, self._method_of(function))
        statements = body.block(node.body)
        span = _head(node, reader)
        if not any(not isinstance(x, s.Require) for x in statements) and not body.mistaken:
            reader.fail("no-effect", f"action `{name}` changes nothing", span, "no effect")
        return s.Action(
            name=name,
            parameters=parameters,
            body=tuple(statements),
            fault=function._quorate.fault,
            span=span,
        )

    def _method_of(self, function: Any) -> type:
        """The class whose body defines this function: where `super()` starts from."""
        for base in self.protocol.__mro__:
            if vars(base).get(function.__name__) is function:
                return base
        return self.protocol

    def _bind_local(self, node: ast.Assign, reader: Reader) -> None:
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Name):
            reader.fail("bad-target", "one name is bound at a time", target, "not a single name")
        if target.id in reader.env:
            reader.fail(
                "rebound",
                f"`{target.id}` is bound twice",
                target,
                "bound again",
                "use another name: a local name stands for one value",
                ((reader.env[target.id].span, "bound here"),),
            )
        value = reader.read(node.value)
        if value.type == NONE:
            reader.fail("type-mismatch", "a local None has no type", node.value)
        reader.env[target.id] = replace(value, span=reader.span(target))


@dataclass
class _Body:
    """Reads the statements of one action."""

    owner: _Capture
    reader: Reader
    defined_in: type
    mistaken: bool = False
    effect: Span | None = None  # the first effect so far
    nested: str = ""

    def block(self, nodes: Iterable[ast.stmt]) -> list[s.Statement]:
        found: list[s.Statement] = []
        for node in nodes:
            try:
                found += self.statement(node)
            except ModelError as error:
                self.owner.mistakes += error.diagnostics
                self.mistaken = True
        return found

    def statement(self, node: ast.stmt) -> list[s.Statement]:
        match node:
            case ast.Expr(ast.Constant()) | ast.Pass():
                return []
            case ast.Expr(ast.Call() as call):
                return self._call(node, call)
            case ast.Assign(targets=[ast.Name()]):
                self.owner._bind_local(node, self.reader)
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
        outer = self.owner._reader(function)
        parameters = self.owner._parameters(node, outer)
        if len(call.args) != len(parameters) or call.keywords:
            self.reader.fail(
                "argument-count", f"`{name}` takes {len(parameters)} arguments by position", call
            )
        for parameter, argument in zip(parameters, call.args, strict=True):
            outer.env[parameter.name] = self.reader.value(argument, parameter.type)
        outer.written = self.reader.written
        body = replace(self, reader=outer, defined_in=self.owner._method_of(function))
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


_TYPES = (
    "types are sorts, `Sort | None`, bool, enums, records, Nat sorts, Map[...], Set[...], "
    "Seq[..., ...], quorum systems and Messages[...]"
)
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


def _head(node: ast.FunctionDef, reader: Reader) -> Span:
    span = span_of(node, reader.file)
    return Span(span.file, span.line, span.col, span.line, span.col + 4 + len(node.name))


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if documented else body


def _unique(found: list[Diagnostic]) -> list[Diagnostic]:
    return sorted(dict.fromkeys(found), key=lambda d: (d.span.file, d.span.line, d.span.col))


def _loose(t: Type) -> str | None:
    """The unbounded part of a type, if any."""
    match t:
        case NatType(None):
            return "number"
        case OptionType(inner) | SetType(inner) | SeqType(inner, _) | MapType(_, inner):
            return _loose(inner)
        case RecordType():
            return next((bad for f in t.fields.values() if (bad := _loose(f))), None)
    return None


def _holds(t: Type, value: Any) -> bool:
    """Whether a Python value is a value of the type, whatever the sizes."""
    match t:
        case BoolType():
            return isinstance(value, bool)
        case SortType(sort):
            return isinstance(value, sort)
        case EnumType(enum):
            return isinstance(value, enum)
        case NatType():
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case OptionType(inner):
            return value is None or _holds(inner, value)
        case RecordType(record):
            return isinstance(value, record)
        case SetType(element):
            return isinstance(value, frozenset) and all(_holds(element, x) for x in value)
        case SeqType(element, _):
            return isinstance(value, tuple) and all(_holds(element, x) for x in value)
    return isinstance(value, Mapping)
