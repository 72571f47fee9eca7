"""Which constructs of the language there are, and which of them a protocol uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from quorate.model.language import Protocol
from quorate.model.language.declare.networks import Network
from quorate.model.language.declare.types import Type
from quorate.model.language.description import describe
from quorate.model.language.frontend.capture import capture
from quorate.model.language.frontend.expressions import ExpressionReader
from quorate.model.language.ir import core, surface
from quorate.model.language.ir.node import IRNode
from quorate.model.language.ir.traverse import walk

REFUSED = {"List", "NamedExpr"}  # they are read to say what to write instead


def _subclasses(cls: type) -> Iterator[type]:
    for c in cls.__subclasses__():
        yield c
        yield from _subclasses(c)


def _name(cls: type) -> str:
    return f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}"


def every_node() -> set[str]:
    """All nodes of both IRs, without their base classes."""
    found = [c for c in _subclasses(IRNode) if c.__module__ in (core.__name__, surface.__name__)]
    bases = {surface.Expr, surface.Statement, core.Expr}
    return {_name(c) for c in found if c not in bases and not c.__name__.startswith("_")}


def every_type() -> set[str]:
    """All types of values and of variables, and all networks."""
    language = Type.__module__.rpartition(".declare")[0]
    found = [*_subclasses(Type), *_subclasses(Network)]
    kinds = (c for c in found if c.__module__.startswith(language))
    return {_name(c) for c in kinds if not c.__name__.startswith("_")}


def every_syntax() -> set[str]:
    """The classes of Python's syntax that are expressions of the language."""
    readers = (n.removeprefix("_read_") for n in dir(ExpressionReader) if n.startswith("_read_"))
    return {f"ast.{name}" for name in readers if hasattr(ast, name)} - {
        f"ast.{name}" for name in REFUSED
    }


def syntax_of(text: str) -> set[str]:
    """The classes of Python's syntax that a text uses."""
    return {f"ast.{type(n).__name__}" for n in ast.walk(ast.parse(text))}


def constructs(protocol: type[Protocol]) -> set[str]:
    """The nodes of both descriptions of a protocol, with their operators, and its types.

    Raises ModelError.
    """
    found: set[str] = set()
    for description in (capture(protocol), describe(protocol)):
        for node in walk(description):
            found |= set(_of_node(node))
        for v in description.variables:
            found |= set(_of_type(v.type, "a variable"))
    return found


def _of_node(node: Any) -> Iterator[str]:
    name = _name(type(node))
    yield name
    for attribute in ("op", "kind", "fair"):
        if isinstance(value := getattr(node, attribute, None), str):
            yield f"{name} {value}"
    if isinstance(node, surface.Compare):
        yield from (f"{name} {op}" for op, _ in node.rest)
    if isinstance(t := getattr(node, "type", None), Type):
        yield from _of_type(t, "a value")


def _of_type(t: Any, where: str) -> Iterator[str]:
    """A type, and what it is of: a set of pairs, a map to a number."""
    name = _name(type(t))
    yield name
    yield f"{name} of {where}"
    if (network := getattr(t, "network", None)) is not None:
        yield _name(type(network))
    for f in fields(t):
        inner = getattr(t, f.name)
        for part in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(part, Type):
                yield from _of_type(part, name)
