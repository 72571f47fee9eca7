"""Checks of what belongs to a process, clocks and private variables: no other one uses it.

A step is taken by one process: the addressee of the message that the action takes; without one, the
parameter whose cell is used first. Steps of the environment, and faults, are no process's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from quorate.model.language.declare.delivery import addressees
from quorate.model.language.declare.owners import process_of
from quorate.model.language.declare.protocol import Protocol, Variable
from quorate.model.language.declare.sorts import Sort
from quorate.model.language.declare.types import Type
from quorate.model.language.diagnostics import Diagnostic, Span, article
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.traverse import children

from .clocks import generated
from .source import annotation_span

_Names = Mapping[tuple[str, int], s.Expr]
_Use = tuple[Variable, s.Expr | None, Span, str]  # the key, if one is given, and reads or writes


def private_mistakes(
    protocol: type[Protocol], variables: Iterable[Variable]
) -> Iterator[Diagnostic]:
    """What is declared private, but is of no process."""
    declared = [t for t in protocol.sorts().values() if getattr(t, "process", False)]
    for v in variables:
        owner = process_of(v)
        if not v.private or (owner and _may_be_process(owner.sort, declared)):
            continue
        yield Diagnostic(
            "private-of-whom",
            f"`{v.name}` is private, but belongs to no process",
            annotation_span(v.owner, v.name, "value"),
            f"{owner} is not declared as a process" if owner else f"this is {article(v.type)}",
            "a private variable is a map keyed first by the process that alone uses its cells",
            protocol.__name__,
        )


def _may_be_process(sort: type[Sort], declared: list[type]) -> bool:
    return sort in declared if declared else sort.process is None


def uses_of_others(
    action: s.Action, function: Any, variables: Iterable[Variable]
) -> Iterator[Diagnostic]:
    """Where an action uses what belongs to a process that does not take the step."""
    outside = function._quorate.environment
    owned = [v for v in variables if v.drift is not None or (v.private and not outside)]
    if generated(function) or not owned:
        return
    owners: set[Type | None] = {process_of(v) for v in owned}
    ends = [action.parameters[j] for _, j, _ in addressees([p.type for p in action.parameters])]
    own: Any = next((p for p in ends if p.type in owners), None)
    for statement in action.body:
        for variable, key, span, verb in _uses(statement, {}, {v.name for v in owned}):
            known = isinstance(key, s.Name) and any(_id(p) == _id(key) for p in action.parameters)
            if known and own is None:
                own = key
            elif not known or _id(key) != _id(own):
                yield _of_another(action, function, variable, span, verb, own)


def _of_another(
    action: s.Action, function: Any, v: Variable, span: Span, verb: str, own: Any
) -> Diagnostic:
    process = process_of(v)
    mine = own is not None and own.type == process
    keys = f"{own.name}, ..." if mine and len(getattr(v.type, "keys", ())) > 1 else own and own.name
    whose = f"`self.{v.name}[{keys}]`" if mine else f"`n: {process}`, a parameter of the action"
    takes = None if own is None else f"{own.name} takes this step"
    if v.drift is not None:
        return Diagnostic(
            "clock-of-another",
            f"`{action.name}` reads a clock that its process cannot see",
            span,
            takes or "whose clock is this?",
            f"a process reads its own clock alone: {whose}; what others' clocks showed comes in "
            "messages",
            function.__qualname__,
        )
    return Diagnostic(
        "cell-of-another",
        f"`{action.name}` {verb} what belongs to another process",
        span,
        takes or "which process takes this step?",
        f"`{v.name}` is private, so a process uses its own cells alone: {whose}; what others hold "
        "comes in messages",
        function.__qualname__,
    )


def _uses(node: Any, names: _Names, owned: set[str]) -> Iterator[_Use]:
    """The uses of these variables in a node, with keys in terms of the action's parameters."""
    if isinstance(node, s.StateRead | s.Assign) and node.variable.name in owned:
        verb = "writes" if isinstance(node, s.Assign) else "reads"
        if node.keys or node.variable.private:
            key = _resolved(node.keys[0], names) if node.keys else None
            yield node.variable, key, node.span, verb
    if isinstance(node, s.Call):
        for arg in node.args:
            yield from _uses(arg, names, owned)
        given = {
            _id(p): _resolved(a, names) for p, a in zip(node.parameters, node.args, strict=True)
        }
        yield from _uses(node.body, given, owned)
        return
    for part in children(node):
        yield from _uses(part, names, owned)


def _resolved(e: s.Expr, names: _Names) -> s.Expr:
    while isinstance(e, s.Local):
        e = e.value
    return names.get(_id(e), e) if isinstance(e, s.Name) else e


def _id(e: Any) -> tuple[str, int]:
    return e.name, e.uid
