"""Which parts of two protocols differ, read from what they mean and shown as source."""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from quorate.model.language import Protocol
from quorate.model.language.declare.protocol import KINDS
from quorate.model.language.declare.sizing import sized_sorts
from quorate.model.language.declare.types import MessagesType
from quorate.model.language.description import describe
from quorate.model.language.digest import sort_meaning, stable_text
from quorate.model.language.frontend.source import annotation_span, class_source
from quorate.model.language.ir import core as c

from .results import PartDifference

Parts = tuple[tuple[str, str], ...]  # what each part means, by its name
Meaning = tuple[str, Parts]  # the source, and that
OTHER = "what it calls"


def differences(old: type[Protocol], new: type[Protocol]) -> tuple[PartDifference, ...]:
    """The parts that differ in meaning: sorts, messages, budgets, variables, methods.

    Formatting, comments and names of local variables are no difference.
    """
    return tuple(
        part
        for kind, before, after in _parts(old, new)
        for name in dict.fromkeys([*before, *after])
        for part in _compared(kind, name, before.get(name), after.get(name))
    )


def renamed(one: type[Protocol], other: type[Protocol]) -> dict[type, type]:
    """The sort that only one has, to the one that only the other has, if there is one of each."""
    here, there = sized_sorts(one), sized_sorts(other)
    mine = [sort for name, sort in here.items() if name not in there]
    theirs = [sort for name, sort in there.items() if name not in here]
    return dict(zip(mine, theirs, strict=True)) if len(mine) == len(theirs) == 1 else {}


def _parts(
    old: type[Protocol], new: type[Protocol]
) -> Iterator[tuple[str, Mapping[str, Meaning], Mapping[str, Meaning]]]:
    yield "sort", _sorts(old), _sorts(new)
    yield "message", _messages(old), _messages(new)
    yield "budget", *_budgets(old, new)
    yield "variable", _variables(old), _variables(new)
    before, after = _meanings(describe(old)), _meanings(describe(new))
    for kind in KINDS:
        yield kind, _methods(old, kind, before), _methods(new, kind, after)


def _compared(
    kind: str, name: str, before: Meaning | None, after: Meaning | None
) -> Iterator[PartDifference]:
    if before is None or after is None:
        yield PartDifference(kind, name, before[0] if before else "", after[0] if after else "")
        return
    differs = tuple(n for (n, x), (_, y) in zip(before[1], after[1], strict=True) if x != y)
    if differs:
        written = before[0] != after[0] and tuple(d for d in differs if d != OTHER)
        yield PartDifference(kind, name, before[0], after[0], written or (OTHER,))


def _sorts(protocol: type[Protocol]) -> dict[str, Meaning]:
    return {
        name: _declared(sort, stable_text(sort_meaning(sort)))
        for name, sort in protocol.sorts().items()
    }


def _messages(protocol: type[Protocol]) -> dict[str, Meaning]:
    types = [v.type for v in protocol.variables().values()]
    classes = [m for t in types if isinstance(t, MessagesType) for m in t.messages]
    return {m.__name__: _declared(m, stable_text(m)) for m in classes}


def _declared(cls: type, meaning: str) -> Meaning:
    """A class as it is written, and as it is meant."""
    node, file = class_source(cls)
    source = f"class {cls.__name__}" if node is None else _segment(file, node)
    return source, (("declaration", _syntax(source)), (OTHER, meaning))


def _budgets(
    old: type[Protocol], new: type[Protocol]
) -> tuple[Mapping[str, Meaning], Mapping[str, Meaning]]:
    """How often each fault that both have may happen, unless it is said otherwise."""
    before, after = old.budgets(), new.budgets()
    both = [name for name in before if name in after]

    def declared(budgets: Mapping[str, int]) -> dict[str, Meaning]:
        texts = {name: f"faults: {name}={budgets[name]}" for name in both}
        return {name: (text, (("declaration", text),)) for name, text in texts.items()}

    return declared(before), declared(after)


def _segment(file: str, node: Any) -> str:
    lines = linecache.getlines(file)[node.lineno - 1 : node.end_lineno]
    return textwrap.dedent("".join(lines)).rstrip()


def _variables(protocol: type[Protocol]) -> dict[str, Meaning]:
    found: dict[str, Meaning] = {}
    for variable in protocol.variables().values():
        note = annotation_span(variable.owner, variable.name).text()
        value = annotation_span(variable.owner, variable.name, "value").text()
        shown = f"{variable.name}: {note}" + (f" = {value}" if value != note else "")
        found[variable.name] = (shown, (("declaration", stable_text(variable)),))
    return found


def _methods(
    protocol: type[Protocol], kind: str, meanings: Mapping[str, Parts]
) -> dict[str, Meaning]:
    found: dict[str, Meaning] = {}
    for name, function in protocol.methods(kind).items():
        source = _source(function)
        mark = stable_text(function._quorate)
        parts = meanings.get(name) or (("body", _syntax(source)),)
        found[name] = (source, (("decorator", mark), *parts))
    return found


def _meanings(description: c.Description) -> dict[str, Parts]:
    """What each action and property means; a define has no meaning but in those that call it."""
    found: dict[str, Parts] = {}
    for action in (*description.inits, *description.actions):
        parts = ("parameters", "guards", "effects")
        found[action.name] = tuple((p, stable_text(getattr(action, p))) for p in parts)
    for prop in (*description.properties, *description.finals):
        found[prop.name] = (("body", stable_text(prop.body)),)
    for temporal in description.temporal:
        found[temporal.name] = (("body", stable_text(temporal)),)
    return found


def _source(function: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(inspect.unwrap(function))).rstrip()
    except (OSError, TypeError):
        return ""


def _syntax(source: str) -> str:
    """The source without formatting, comments and docstrings."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            node.body = [x for x in node.body if not _says_nothing(x)]
    return ast.dump(tree)


def _says_nothing(statement: ast.stmt) -> bool:
    """Whether it is a docstring, `...` or `pass`."""
    match statement:
        case ast.Pass() | ast.Expr(ast.Constant()):
            return True
    return False
