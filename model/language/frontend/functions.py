"""Reading the methods of a protocol: parameters, properties, `@define` helpers, local names."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from quorate.model.language.declare.annotations import NotAType
from quorate.model.language.declare.enabling import super_starts
from quorate.model.language.declare.protocol import Protocol, Variable
from quorate.model.language.declare.sorts import Nat, Sort
from quorate.model.language.declare.types import (
    BoolType,
    Message,
    MessagesType,
    NatType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    Type,
    type_of,
)
from quorate.model.language.diagnostics import Span
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.relations import NONE, fits

from .annotations import inner_types, old_hint, type_hint, unbounded, unnamed_system
from .expressions import ExpressionReader
from .source import def_span, function_source
from .wording import code, listed


@dataclass
class FunctionReader:
    """Reads the functions of a protocol class, given its state variables."""

    protocol: type[Protocol]
    variables: Mapping[str, Variable]
    guards: Callable[..., tuple[tuple[s.Name, ...], s.Expr]] | None = None  # see `enabling`

    def reading(self, function: Any, calling: tuple[str, ...] = ()) -> ExpressionReader:
        closure = inspect.getclosurevars(function).nonlocals
        return ExpressionReader(
            protocol=self.protocol,
            variables=self.variables,
            defines=self.protocol.methods("define"),
            scope={**function.__globals__, **closure},
            file=function.__code__.co_filename,
            where=function.__qualname__,
            calling=calling,
            read_define=self.define,
            read_guards=None if self.guards is None else partial(self.guards, self),
        )

    def parameters(self, node: ast.FunctionDef, reader: ExpressionReader) -> tuple[s.Name, ...]:
        """The parameters after self, bound in the reader's environment."""
        given = node.args
        for odd, label in (
            *((x, "no defaults") for x in (*given.defaults, *given.kw_defaults) if x is not None),
            *((x, "no *args, no **kwargs") for x in (given.vararg, given.kwarg) if x is not None),
            *((x, "not positional-only or keyword-only") for x in given.kwonlyargs),
            *((x, "not positional-only or keyword-only") for x in given.posonlyargs),
        ):
            reader.fail(
                "bad-parameters",
                "parameters are plain names with a type",
                odd,
                label,
                "the checker tries every value of each parameter's type",
            )
        if not given.args or given.args[0].arg != "self":
            rest = [code(arg) for arg in given.args if arg.arg != "cls"]
            reader.fail(
                "no-self",
                f"`{node.name}` does not take `self`",
                given.args[0] if given.args else head(node, reader),
                "the first parameter is `self`",
                f"write `def {node.name}({', '.join(['self', *rest])})`, without a @staticmethod "
                "or @classmethod",
            )
        found = []
        for i, arg in enumerate(given.args[1:]):
            reader.check_name(arg.arg, arg)
            t = self._annotation(arg, reader)
            name = s.Name(name=arg.arg, uid=-1 - i, type=t, span=reader.span(arg))
            reader.env[arg.arg] = name
            found.append(name)
        return tuple(found)

    def _annotation(self, arg: ast.arg, reader: ExpressionReader) -> Type:
        if arg.annotation is None:
            reader.fail(
                "no-annotation",
                f"parameter `{arg.arg}` has no type",
                arg,
                "what does it range over?",
                old_hint(arg.arg) or f"write `{arg.arg}: {self._likely_sort(arg.arg)}`",
            )
        text = code(arg.annotation)
        text = text[1:-1] if text[:1] in "'\"" else text
        try:
            t = type_of(eval(text, dict(reader.scope)))
        except Exception as error:
            what = str(error) if isinstance(error, NotAType) else text
            reader.fail(
                "bad-annotation",
                f"`{text}` is not a type of the modelling language",
                arg.annotation,
                "not a type",
                old_hint(arg.arg) or type_hint(what, error, reader.scope),
            )
        if (system := unnamed_system(t)) is not None:
            reader.fail(
                "bad-annotation",
                f"`{system}` has no name of its own",
                arg.annotation,
                "an unnamed quorum system",
                f"declare `class Quorum({system}): ...` and use it as the type",
            )
        return t

    def _likely_sort(self, name: str) -> str:
        """The sort whose elements have names like that of this parameter."""
        for sort in self.protocol.sorts().values():
            if issubclass(sort, Sort) and sort.short == name[:1]:
                return sort.__name__
        return "Sort"

    def ranges(
        self, node: ast.FunctionDef, parameters: Sequence[s.Name], reader: ExpressionReader
    ) -> None:
        """Check that parameters of actions range over finitely many values, known in advance."""
        for arg, parameter in zip(node.args.args[1:], parameters, strict=True):
            where = arg.annotation or arg
            if unbounded(parameter.type) is not None:
                reader.fail(
                    "unbounded",
                    f"`{parameter.name}` ranges over numbers without bounds",
                    where,
                    "no range",
                    "declare `class Count(Nat): ...` and use it as the type",
                )
            for t in inner_types(parameter.type):
                if isinstance(t, MessagesType):
                    reader.fail(
                        "bad-annotation",
                        f"`{t}` is the type of a variable, not of a parameter",
                        where,
                        "not a range",
                        f"receive one message: `m: {t.messages[0].__name__}`",
                    )
                if isinstance(t, RecordType) and mentions_message(t) and not self._sent(t):
                    reader.fail(
                        "not-sent-here",
                        f"`{t}` is a message of no variable",
                        where,
                        "never sent",
                        f"declare it: `sent: Messages[{t}]`",
                    )

    def _sent(self, t: RecordType) -> bool:
        held = [
            v.type.messages for v in self.variables.values() if isinstance(v.type, MessagesType)
        ]
        return any(t.record in messages for messages in held)

    def property(self, name: str, function: Any, kind: str) -> s.Property:
        node, _ = function_source(function)
        reader = self.reading(function)
        if self.parameters(node, reader):
            first = node.args.args[1]
            every = "all" if kind in ("invariant", "constraint") else "any"
            over = f"{first.arg} in {code(first.annotation or first)}"
            reader.fail(
                "bad-parameters",
                f"{'an' if kind == 'invariant' else 'a'} @{kind} takes no parameters",
                first,
                "no parameters here",
                f"quantify over the sort inside: `{every}(... for {over})`",
            )
        body = self.returned(node, reader, boolean=True)
        return s.Property(
            name=name,
            kind=kind,
            body=body,
            span=head(node, reader),
            doc=ast.get_docstring(node) or "",
        )

    def define(self, name: str, calling: tuple[str, ...]) -> tuple[tuple[s.Name, ...], s.Expr]:
        function = self.protocol.methods("define")[name]
        node, _ = function_source(function)
        reader = self.reading(function, (*calling, name))
        parameters = self.parameters(node, reader)
        found = self._type(node.returns, reader)
        if isinstance(found, BoolType):
            return parameters, self.returned(node, reader, boolean=True)
        return parameters, self.returned(node, reader, boolean=False, expected=found)

    def _type(self, annotation: ast.expr | None, reader: ExpressionReader) -> Type | None:
        """The declared type of a value, None if the annotation is not a type of the language."""
        if annotation is None:
            return None
        text = code(annotation)
        text = text[1:-1] if text[:1] in "'\"" else text
        try:
            return type_of(eval(text, dict(reader.scope)))
        except Exception:
            return None  # such as `list[Promise]`, which is for type checkers

    def returned(
        self,
        node: ast.FunctionDef,
        reader: ExpressionReader,
        boolean: bool,
        expected: Type | None = None,
    ) -> s.Expr:
        """The returned value of a function whose body binds local names and then returns."""
        last = self.local_names(node, reader)
        if not isinstance(last, ast.Return) or last.value is None:
            reader.fail(
                "no-return",
                f"`{node.name}` must end by returning a value",
                last or head(node, reader),
                "no value is returned",
                f"write `return {code(last)}`"
                if isinstance(last, ast.Expr) and not isinstance(last.value, ast.Constant)
                else _INSTEAD.get(type(last), _CHANGES_NOTHING),
            )
        if boolean:
            return reader.condition(last.value)
        return reader.read(last.value) if expected is None else reader.value(last.value, expected)

    def local_names(self, node: ast.FunctionDef, reader: ExpressionReader) -> ast.stmt | None:
        """Bind the local names that come before the last statement, and return that."""
        body = _without_docstring(node.body)
        for statement in body[:-1]:
            if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
                reader.fail(
                    "not-an-expression",
                    "only local names may come before the `return` of a property or @define",
                    statement,
                    "not allowed here",
                    _INSTEAD.get(type(statement), "bind a name, `x = ...`, or take the line out"),
                )
            self.bind_local(statement, reader)
        return body[-1] if body else None

    def method_of(self, function: Any) -> type:
        """The class whose body defines this function, as far as `super()` starts from it."""
        return super_starts(function) or self.protocol

    def bind_local(self, node: ast.Assign | ast.AnnAssign, reader: ExpressionReader) -> s.Expr:
        """Bind a local name to its value, and return the value."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        target = targets[0]
        if len(targets) == 1 and isinstance(target, ast.Tuple) and node.value is not None:
            value = reader.read(node.value)
            reader.bind_items(target, value)
            return value
        if len(targets) != 1 or not isinstance(target, ast.Name):
            state = isinstance(target, (ast.Attribute, ast.Subscript))
            reader.fail(
                "bad-target",
                "only actions write state" if state else "one name is bound at a time",
                target,
                "written here" if state else "not a single name",
                _CHANGES_NOTHING if state else "bind each name on a line of its own",
            )
        reader.check_name(target.id, target)
        if target.id in reader.env:
            reader.fail(
                "rebound",
                f"`{target.id}` is bound twice",
                target,
                "bound again",
                "use another name: a local name stands for one value",
                ((reader.env[target.id].span, "bound here"),),
            )
        assert node.value is not None
        value = self._bound(node, node.value, target.id, reader)
        if isinstance(value, s.SentMessages) and value.record is None:
            assert isinstance(value.type, MessagesType)
            reader.fail(
                "not-a-value",
                "the messages as a whole are not a value",
                node.value,
                "changes with every message that is sent",
                f"write `{target.id} = self.{value.variable.name}"
                f"[{value.type.messages[0].__name__}]`",
            )
        if value.type == NONE:
            reader.fail(
                "type-mismatch",
                "a local None has no type",
                node.value,
                "None of what?",
                f"write `None` where `{target.id}` is used",
            )
        if value.type == SetType(NONE):
            reader.fail(
                "type-mismatch",
                "a local empty set has no type",
                node.value,
                "a set of what?",
                f"declare it: `{target.id}: {self._likely_set()} = {code(node.value)}`",
            )
        reader.env[target.id] = replace(value, span=reader.span(target))
        return value

    def _bound(
        self, node: ast.Assign | ast.AnnAssign, value: ast.expr, name: str, reader: ExpressionReader
    ) -> s.Expr:
        """The value of a local name, with its declared type if it has one."""
        declared = self._type(node.annotation, reader) if isinstance(node, ast.AnnAssign) else None
        if declared is not None:
            self._check_known(declared, node, reader)
            found = reader.value(value, declared)
            if isinstance(declared, (OptionType, SetType)) and found.type != declared:
                return s.Declared(of=found, type=declared, span=found.span)
            return found
        if isinstance(value, (ast.Tuple, ast.List)):
            items = value.elts
            text = f"({listed(items)}{',' * (len(items) == 1)})"
            types = [str(reader.read(item).type) for item in items]
            pair = f"`{name}: tuple[{', '.join(types)}] = {text}`, or " if len(types) > 1 else ""
            reader.fail(
                "unexpected-sequence",
                f"it is not known which type `{name}` has",
                value,
                "a tuple, or a sequence of what length?" if pair else "of what, and how long?",
                f"declare it: {pair}`{name}: {self._likely_sequence(items, reader)} = {text}`, "
                "where its length is in a range such as `class Length(Nat): ...`",
            )
        return reader.read_any(value)

    def _check_known(self, declared: Type, node: ast.stmt, reader: ExpressionReader) -> None:
        """Check that the sorts of a local name occur elsewhere: others have no size."""
        known = self.protocol.sorts()
        for t in inner_types(declared):
            if isinstance(t, (SortType, NatType)) and t.sort and t.sort.__name__ not in known:
                reader.fail(
                    "bad-annotation",
                    f"`{t}` is mentioned by this local name alone",
                    node,
                    "there is no value of it",
                    "declare the name with types that variables, messages and parameters have",
                )

    def _likely_set(self) -> str:
        """The type of the first variable that holds a set."""
        parts = (t for v in self.variables.values() for t in inner_types(v.type))
        return str(next((t for t in parts if isinstance(t, SetType)), "Set[Sort]"))

    def _likely_sequence(self, items: list[ast.expr], reader: ExpressionReader) -> str:
        """The type of a sequence of these items: that of a variable, if one has such a type."""
        found = [reader.read(item).type for item in items]
        for variable in self.variables.values():
            for t in inner_types(variable.type):
                if isinstance(t, SeqType) and all(fits(x, t.element) for x in found):
                    return str(t)
        lengths = (n for n, sort in self.protocol.sorts().items() if issubclass(sort, Nat))
        return f"Seq[{found[0] if found else 'Sort'}, {next(lengths, 'Length')}]"


def head(node: ast.FunctionDef, reader: ExpressionReader) -> Span:
    """The place of `def name`."""
    return def_span(node, reader.file)


def mentions_message(t: RecordType) -> bool:
    return issubclass(t.record, Message)


_CHANGES_NOTHING = "properties and @define helpers compute a value, change nothing"
_INSTEAD: dict[Any, str] = {
    ast.For: "write `return all(... for x in Sort)`, or `any(...)`",
    ast.If: "write `return x if condition else y`",
    ast.While: "write `return all(... for x in Sort)`, or `any(...)`",
    ast.Assert: "write it as part of the value that is returned",
    ast.AugAssign: "bind another name: `y = x + 1`",
}


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if documented else body
