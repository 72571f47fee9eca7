"""Mutants as classes: a modification of a protocol with one method, or one variable, changed."""

from __future__ import annotations
import __future__

import ast
import inspect
import linecache
import types
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from quorate.model.language import Protocol
from quorate.model.language.declare.initial import Initial
from quorate.model.language.declare.protocol import PREDICATES
from quorate.model.language.frontend.source import annotation_span, function_source

from .edits import Edit, SourceText
from .operators import OPERATORS, Method

VOLATILE = "make-volatile"
ALL_OPERATORS = (*OPERATORS, VOLATILE)


@dataclass(frozen=True)
class Candidate:
    """One edit of a protocol: of a method, or of the declaration of a variable."""

    protocol: type[Protocol]
    edit: Edit
    name: str

    def build(self) -> type[Protocol]:
        """The protocol with the change. It may be none, which `describe` says."""
        if self.edit.operator == VOLATILE:
            return _with_volatile(self.protocol, self.name)
        return _with_method(self.protocol, self.name, self.edit)


def changes(
    protocol: type[Protocol], operators: Collection[str] = ALL_OPERATORS
) -> list[Candidate]:
    """Every change that these operators make: method by method, each in the operators' order."""
    found = []
    for name in changeable(protocol):
        method = _method(protocol, name)
        for operator, edits in OPERATORS.items():
            if operator in operators:
                found += [Candidate(protocol, edit, name) for edit in edits(method)]
    if VOLATILE in operators:
        found += _volatile(protocol)
    return found


def changeable(protocol: type[Protocol]) -> list[str]:
    """The methods whose source is changed: actions, `@init`, and what only those call.

    What an invariant reads is part of the claim, so it stays. A method that calls `super()` or is
    defined inside a function stays, too: its meaning depends on where it stands.
    """
    steps = {**protocol.methods("init"), **protocol.methods("action")}
    claims = {n: f for kind in PREDICATES for n, f in protocol.methods(kind).items()}
    defines = protocol.methods("define")
    of_steps = _called(steps, defines) - _called(claims, defines)
    found = {**steps, **{name: f for name, f in defines.items() if name in of_steps}}
    return [name for name, f in found.items() if _stands_alone(f)]


def unchangeable(protocol: type[Protocol]) -> list[str]:
    """The actions that no operator changes."""
    return [name for name, f in protocol.methods("action").items() if not _stands_alone(f)]


def _stands_alone(function: Any) -> bool:
    code = inspect.unwrap(function).__code__
    return not code.co_freevars and "super" not in code.co_names


def _called(methods: Mapping[str, Any], defines: Mapping[str, Any]) -> set[str]:
    """The defines that methods call, directly or by others."""
    pending, found = list(methods.values()), set[str]()
    while pending:
        node, _ = function_source(pending.pop())
        names = {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
        new = (names & defines.keys()) - found
        found |= new
        pending += [defines[name] for name in new]
    return found


def _method(protocol: type[Protocol], name: str) -> Method:
    function = inspect.unwrap(getattr(protocol, name))
    node, file = function_source(function)
    return Method(node, SourceText(file), function.__globals__)


def _with_method(protocol: type[Protocol], name: str, edit: Edit) -> type[Protocol]:
    """The protocol with the edited method, whose source can be read like that of any file."""
    method = _method(protocol, name)
    text = method.source.edited(edit)
    file = f"{edit.span} ({edit.operator}: {edit})"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = ast.Module([_like(method.node, ast.parse(text))], [])
    flags = __future__.annotations.compiler_flag
    made: dict[str, Any] = {}
    scope = {**method.scope, **edit.names}
    exec(compile(module, file, "exec", flags, dont_inherit=True), scope, made)
    made[name].__qualname__ = f"{protocol.__qualname__}.{name}"
    return _modified(protocol, made)


def _like(node: ast.FunctionDef, tree: ast.Module) -> ast.FunctionDef:
    """The function at the same line and of the same name."""
    same = (node.name, node.lineno)
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
    return next(n for n in functions if (n.name, n.lineno) == same)


def _volatile(protocol: type[Protocol]) -> Iterator[Candidate]:
    """Each durable variable lost by a crash, if the protocol has crashes."""
    sources = [function_source(f)[0] for f in protocol.methods("action").values()]
    called = [c.func for node in sources for c in ast.walk(node) if isinstance(c, ast.Call)]
    if not any(isinstance(f, ast.Attribute) and f.attr == "crash" for f in called):
        return
    for name, variable in protocol.variables().items():
        start = vars(variable.owner).get(name)
        if isinstance(start, Initial) and not start.volatile and start.drift is None:
            span = annotation_span(variable.owner, name, "value")
            before = span.text()
            after = before.replace("durable", "volatile", 1)
            yield Candidate(protocol, Edit(VOLATILE, span, before, after), name)


def _with_volatile(protocol: type[Protocol], name: str) -> type[Protocol]:
    owner = protocol.variables()[name].owner
    annotations = {name: inspect.get_annotations(owner)[name]}
    start = replace(vars(owner)[name], volatile=True)
    return _modified(protocol, {"__annotations__": annotations, name: start})


def _modified(protocol: type[Protocol], body: Mapping[str, Any]) -> type[Protocol]:
    """A modification of the same name, so that it is described like the protocol itself."""
    place = {"__module__": protocol.__module__, "__qualname__": protocol.__qualname__}
    return types.new_class(
        protocol.__name__, (protocol,), None, lambda namespace: namespace.update(place | dict(body))
    )
