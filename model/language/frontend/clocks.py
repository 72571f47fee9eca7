"""Checks of clocks: how they are declared, and that a process sees no clock but its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from quorate.model.language.declare.clocks import TICK, TIME_IS_UP, clock_types
from quorate.model.language.declare.delivery import addressees
from quorate.model.language.declare.protocol import Protocol, Variable
from quorate.model.language.diagnostics import GENERATED, Diagnostic, article
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.traverse import children, walk

from .source import annotation_span

_Names = Mapping[tuple[str, int], s.Expr]


def clock_mistakes(protocol: type[Protocol], variables: Iterable[Variable]) -> Iterator[Diagnostic]:
    """What is wrong with the declarations of clocks, and names that clocks take."""
    held = list(_held(variables))
    for v in held:
        assert v.drift is not None
        if clock_types(v.type) is None:
            yield Diagnostic(
                "bad-clocks",
                f"`{v.name}` holds clocks, but is not a clock for each process",
                annotation_span(v.owner, v.name),
                f"this is {article(v.type)}",
                f"write `{v.name}: Map[Process, Time] = clocks(drift={v.drift.__name__})`, "
                "with a `Sort` and a `Nat`",
                protocol.__name__,
            )
    for v in held[1:]:
        yield Diagnostic(
            "bad-clocks",
            f"`{v.name}` is a second set of clocks",
            annotation_span(v.owner, v.name, "name"),
            f"`{held[0].name}` already",
            "a protocol has one clock for each process",
            protocol.__name__,
        )
    for base in protocol.__mro__ if held else ():
        for name in (TICK, TIME_IS_UP):
            method = vars(base).get(name)
            if method is not None and not _generated(method):
                yield Diagnostic(
                    "reserved-name",
                    f"`{name}` is a name that every protocol with clocks has already",
                    annotation_span(base, name),
                    "taken",
                    "choose another name",
                    base.__name__,
                )


def clock_steps(
    action: s.Action, function: Any, variables: Iterable[Variable]
) -> Iterator[Diagnostic]:
    """Where an action writes a clock, or reads that of a process which does not take the step.

    The process is the addressee of the message that the action takes; without one, the parameter
    whose clock is read first.
    """
    kinds = [found for v in _held(variables) if (found := clock_types(v.type)) is not None]
    if _generated(function) or not kinds:
        return
    process, _ = kinds[0]
    where = function.__qualname__
    for statement in action.body:
        for node in walk(statement):
            if isinstance(node, s.Assign) and node.variable.drift is not None:
                yield Diagnostic(
                    "clock-written",
                    f"`self.{node.variable.name}` is written",
                    node.span,
                    "only time moves a clock",
                    f"keep what the clock showed in a variable: `self.start[n] = "
                    f"self.{node.variable.name}[n]`, and compare with that",
                    where,
                )
    ends = [action.parameters[j] for _, j, _ in addressees([p.type for p in action.parameters])]
    own = next((p for p in ends if p.type == process), None)
    for statement in action.body:
        for read, key in _readings(statement, {}):
            name = read.variable.name
            known = isinstance(key, s.Name) and any(_id(p) == _id(key) for p in action.parameters)
            if (known and own is not None and _id(key) != _id(own)) or not known:
                whose = f"`self.{name}[{own.name}]`" if own else f"`n: {process}`"
                yield Diagnostic(
                    "clock-of-another",
                    f"`{action.name}` reads a clock that its process cannot see",
                    read.span,
                    f"{own.name} takes this step" if own else "whose clock is this?",
                    f"a process reads its own clock alone: {whose}"
                    + ("" if own else ", a parameter of the action")
                    + "; what others' clocks showed comes in messages",
                    where,
                )
            elif isinstance(key, s.Name) and own is None:
                own = key


def _held(variables: Iterable[Variable]) -> Iterator[Variable]:
    """The variables that hold clocks."""
    return (v for v in variables if v.drift is not None)


def _readings(node: Any, names: _Names) -> Iterator[tuple[s.StateRead, s.Expr]]:
    """The readings of clocks in a node, each with its key in terms of the action's parameters."""
    if isinstance(node, s.StateRead) and node.variable.drift is not None and node.keys:
        yield node, _resolved(node.keys[0], names)
    if isinstance(node, s.Call):
        for arg in node.args:
            yield from _readings(arg, names)
        given = {
            _id(p): _resolved(a, names) for p, a in zip(node.parameters, node.args, strict=True)
        }
        yield from _readings(node.body, given)
        return
    for part in children(node):
        yield from _readings(part, names)


def _resolved(e: s.Expr, names: _Names) -> s.Expr:
    while isinstance(e, s.Local):
        e = e.value
    return names.get(_id(e), e) if isinstance(e, s.Name) else e


def _id(e: Any) -> tuple[str, int]:
    return e.name, e.uid


def _generated(function: Any) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and code.co_filename.startswith(GENERATED)
