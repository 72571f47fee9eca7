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

from quorate.checker.ground.proper import always_proper
from quorate.model.language import Protocol
from quorate.model.language.declare.initial import Initial
from quorate.model.language.description import describe
from quorate.model.language.frontend.source import annotation_span, function_source

from .bodies import MethodBody, bodies_of_steps, changeable
from .delaying import DELAY, delay_effect
from .edits import Edit, SourceText
from .operators import OPERATORS, Method

VOLATILE = "make-volatile"
OF_METHODS = {**OPERATORS, DELAY: delay_effect}
ALL_OPERATORS = (*OF_METHODS, VOLATILE)


@dataclass(frozen=True)
class Candidate:
    """One edit of a protocol: of a body, or of the declaration of the variable `name`."""

    protocol: type[Protocol]
    edit: Edit
    name: str
    body: MethodBody | None = None

    @property
    def steps(self) -> tuple[str, ...]:
        """The actions, or `@init`, that run what was changed."""
        return () if self.body is None else self.body.steps

    def build(self) -> type[Protocol]:
        """The protocol with the change. It may be none, which `describe` says."""
        if self.body is None:
            return _with_volatile(self.protocol, self.name)
        return _with_body(self.protocol, self.body, self.edit)


def changes(
    protocol: type[Protocol], operators: Collection[str] = ALL_OPERATORS
) -> list[Candidate]:
    """Every change that these operators make: body by body, each in the operators' order."""
    found = []
    proper = always_proper(describe(protocol))
    for body in changeable(protocol):
        method = replace(method_of(body), proper=proper, direct=body.direct)
        for operator, edits in OF_METHODS.items():
            if operator in operators:
                found += [Candidate(protocol, edit, body.name, body) for edit in edits(method)]
    if VOLATILE in operators:
        found += _volatile(protocol)
    return found


def method_of(body: MethodBody) -> Method:
    """The syntax of a body, with nothing known of the fields of messages."""
    node, file = function_source(body.function)
    return Method(node, SourceText(file), body.function.__globals__)


def _with_body(protocol: type[Protocol], body: MethodBody, edit: Edit) -> type[Protocol]:
    """The protocol with the edited body in place of the one that its owner has.

    Where a class above the protocol has it, a class with the edited one is put right in front of
    that in the order of resolution: so `super()` finds it, and goes on from there as before.
    """
    parts = _edited(body, edit)
    if (later := edit.later) is not None:
        parts |= {"__annotations__": {later.variable: later.values}, later.variable: later.start}
    edited = _modified(body.owner, parts)
    return edited if body.owner is protocol else _modified(protocol, {}, edited)


def _edited(body: MethodBody, edit: Edit) -> dict[str, Any]:
    """The functions that an edit makes, whose source can be read like that of any file."""
    method = method_of(body)
    text = method.source.edited(edit)
    file = f"{edit.span} ({edit.operator}: {edit})"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    tree = ast.parse(text)
    names = [body.name] if edit.later is None else [body.name, edit.later.name]
    around = ast.parse("def around(__class__):\n return locals()")  # what `super()` starts from
    (outer,) = around.body
    assert isinstance(outer, ast.FunctionDef)
    outer.body[:0] = [_like(method.node, tree), *_defined(tree, names[1:])]
    flags = __future__.annotations.compiler_flag
    scope = {**method.scope, **edit.names}
    exec(compile(around, file, "exec", flags, dont_inherit=True), scope)
    made = scope.pop("around")(body.owner)
    for name in names:
        made[name].__qualname__ = f"{body.owner.__qualname__}.{name}"
    return {name: made[name] for name in names}


def _like(node: ast.FunctionDef, tree: ast.Module) -> ast.FunctionDef:
    """The function at the same line and of the same name."""
    same = (node.name, node.lineno)
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
    return next(n for n in functions if (n.name, n.lineno) == same)


def _defined(tree: ast.Module, names: Collection[str]) -> list[ast.stmt]:
    """The functions of these names at the end of a module."""
    return [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in names]


def _volatile(protocol: type[Protocol]) -> Iterator[Candidate]:
    """Each durable variable lost by a crash, if the protocol has crashes."""
    sources = [function_source(b.function)[0] for b in bodies_of_steps(protocol)]
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


def _modified(
    protocol: type[Protocol], body: Mapping[str, Any], *others: type[Protocol]
) -> type[Protocol]:
    """A modification of the same name, so that it is described like the protocol itself."""
    place = {"__module__": protocol.__module__, "__qualname__": protocol.__qualname__}
    return types.new_class(
        protocol.__name__,
        (protocol, *others),
        None,
        lambda namespace: namespace.update(place | dict(body)),
    )
