"""Reading the methods of a protocol: parameters, properties, `@define` helpers, local names."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import surface as s
from .classes import TYPES
from .data import NotAType, type_of
from .diagnostics import Span
from .expressions import Reader
from .protocol import Protocol, Variable
from .relations import NONE
from .source import function_source, span_of
from .types import (
    Type,
)


@dataclass
class Functions:
    """Reads the functions of a protocol class whose state variables are known."""

    protocol: type[Protocol]
    variables: Mapping[str, Variable]

    def reading(self, function: Any, calling: tuple[str, ...] = ()) -> Reader:
        closure = inspect.getclosurevars(function).nonlocals
        return Reader(
            protocol=self.protocol,
            variables=self.variables,
            defines=self.protocol.methods("define"),
            scope={**function.__globals__, **closure},
            file=function.__code__.co_filename,
            where=function.__qualname__,
            calling=calling,
            read_define=self.define,
        )

    def parameters(self, node: ast.FunctionDef, reader: Reader) -> tuple[s.Name, ...]:
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
                TYPES,
            )

    def property(self, name: str, function: Any, kind: str) -> s.Property:
        node, _ = function_source(function)
        reader = self.reading(function)
        if self.parameters(node, reader):
            reader.fail(
                "bad-parameters",
                f"an @{kind} takes no parameters",
                node.args.args[1],
                help="quantify over the sort inside: `all(... for x in Sort)`",
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
        boolean = function.__annotations__.get("return") in (bool, "bool")
        return parameters, self.returned(node, reader, boolean)

    def returned(self, node: ast.FunctionDef, reader: Reader, boolean: bool) -> s.Expr:
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
            self.bind_local(statement, reader)
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

    def method_of(self, function: Any) -> type:
        """The class whose body defines this function: where `super()` starts from."""
        for base in self.protocol.__mro__:
            if vars(base).get(function.__name__) is function:
                return base
        return self.protocol

    def bind_local(self, node: ast.Assign, reader: Reader) -> None:
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


def head(node: ast.FunctionDef, reader: Reader) -> Span:
    span = span_of(node, reader.file)
    return Span(span.file, span.line, span.col, span.line, span.col + 4 + len(node.name))


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1:] if documented else body
