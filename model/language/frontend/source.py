"""Source code of classes and methods: parsed files, places, and definitions by name and line."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from quorate.model.language.diagnostics import GENERATED, Diagnostic, ModelError, Span


@functools.lru_cache(maxsize=64)
def _parse(file: str, text: str) -> ast.Module:
    return ast.parse(text, filename=file)


@functools.lru_cache(maxsize=64)
def _definitions(file: str, text: str) -> _Definitions:
    found = _Definitions({}, dict(_classes(_parse(file, text), "")))
    for node in ast.walk(_parse(file, text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for line in (node.lineno, *(d.lineno for d in node.decorator_list)):
                found.functions[node.name, line] = node
    return found


@dataclass(frozen=True)
class _Definitions:
    """The functions of a file by name and line, and its classes by qualified name."""

    functions: dict[tuple[str, int], ast.FunctionDef | ast.AsyncFunctionDef]
    classes: dict[str, ast.ClassDef]


def _defined(file: str) -> _Definitions:
    return _definitions(file, "".join(linecache.getlines(file)))


def span_of(node: ast.AST, file: str) -> Span:
    """The place of a syntax node."""
    line, col = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    end_line = getattr(node, "end_lineno", None) or line
    end_col = getattr(node, "end_col_offset", None)
    return Span(file, line, col, end_line, col + 1 if end_col is None else end_col)


def function_source(function: Any) -> tuple[ast.FunctionDef, str]:
    """The definition of a function, and its file. Raises ModelError when there is no source."""
    code = function.__code__
    functions = _defined(code.co_filename).functions
    node = functions.get((function.__name__, code.co_firstlineno))
    if isinstance(node, ast.FunctionDef):
        return node, code.co_filename
    if node is not None:
        raise ModelError(
            [
                Diagnostic(
                    "async-method",
                    f"`{node.name}` is async",
                    def_span(node, code.co_filename),
                    "not allowed here",
                    "a step is one atomic action; nothing is awaited: "
                    f"write `def {node.name}(...)`",
                    function.__qualname__,
                )
            ]
        )
    raise ModelError(
        [
            Diagnostic(
                "no-source",
                f"the source of `{function.__qualname__}` cannot be read",
                Span(code.co_filename, code.co_firstlineno, 0, code.co_firstlineno, 1),
                help="a protocol is read from its file: define it in a module, not in a prompt",
            )
        ]
    )


def class_source(cls: type) -> tuple[ast.ClassDef | None, str]:
    """The definition of a class, None if it is not found, and its file."""
    file = _class_file(cls)
    return _defined(file).classes.get(cls.__qualname__), file


def _classes(inside: ast.AST, prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    """Every class in a syntax tree by its qualified name."""
    for node in ast.iter_child_nodes(inside):
        if isinstance(node, ast.ClassDef):
            yield prefix + node.name, node
            yield from _classes(node, f"{prefix}{node.name}.")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _classes(node, f"{prefix}{node.name}.<locals>.")
        else:
            yield from _classes(node, prefix)


def bindings(node: ast.ClassDef | None, file: str) -> Iterator[tuple[str, Span]]:
    """The names that a class body binds, in order."""
    for statement in node.body if node else ():
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name) as target):
                yield name, span_of(target, file)
            case ast.Assign(targets=targets):
                for name_node in targets:
                    if isinstance(name_node, ast.Name):
                        yield name_node.id, span_of(name_node, file)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, def_span(statement, file)


def _class_file(cls: type) -> str:
    for value in vars(cls).values():
        if inspect.isfunction(value) and not value.__code__.co_filename.startswith(GENERATED):
            return value.__code__.co_filename
    try:
        return inspect.getsourcefile(cls) or "<unknown>"
    except (TypeError, OSError):
        return "<unknown>"


def annotation_span(cls: type, name: str, part: str = "annotation") -> Span:
    """The place of `name: annotation = value` in a class body, or of the class, or nowhere.

    `part` picks the "annotation", the "value" (if there is one) or the "name".
    """
    node, file = class_source(cls)
    for statement in node.body if node else ():
        match statement:
            case ast.AnnAssign(target=ast.Name(id=found)) if found == name:
                chosen = {"value": statement.value, "name": statement.target}.get(part)
                return span_of(chosen or statement.annotation, file)
            case ast.Assign(targets=[ast.Name(id=found) as target]) if found == name:
                return span_of(statement.value if part == "value" else target, file)
            case ast.FunctionDef(name=found) if found == name:
                return def_span(statement, file)
    return class_span(cls)


def def_span(node: ast.FunctionDef | ast.AsyncFunctionDef, file: str) -> Span:
    """The place of `def name`."""
    width = len("def ") + isinstance(node, ast.AsyncFunctionDef) * len("async ") + len(node.name)
    return Span(file, node.lineno, node.col_offset, node.lineno, node.col_offset + width)


def keyword_span(cls: type, name: str) -> Span:
    """The place of `name=...` among the bases of a class, or of the class."""
    node, file = class_source(cls)
    for keyword in node.keywords if node else ():
        if keyword.arg == name:
            return span_of(keyword, file)
    return class_span(cls)


def class_span(cls: type) -> Span:
    """The place of `class Name(...)`."""
    node, file = class_source(cls)
    if node is None:
        return Span(file, 1, 0, 1, 1)
    return Span(
        file, node.lineno, node.col_offset, node.lineno, node.col_offset + 6 + len(node.name)
    )
