"""Checks of clocks: how they are declared, and that no process moves one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from quorate.model.language.declare.clocks import TICK, TIME_IS_UP, clock_types
from quorate.model.language.declare.protocol import Protocol, Variable
from quorate.model.language.diagnostics import GENERATED, Diagnostic, article
from quorate.model.language.ir import surface as s
from quorate.model.language.ir.traverse import walk

from .source import annotation_span


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
            if method is not None and not generated(method):
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
    """Where an action writes a clock."""
    if generated(function) or not any(_held(variables)):
        return
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


def _held(variables: Iterable[Variable]) -> Iterator[Variable]:
    """The variables that hold clocks."""
    return (v for v in variables if v.drift is not None)


def generated(function: Any) -> bool:
    """Whether a method comes with a declaration."""
    code = getattr(function, "__code__", None)
    return code is not None and code.co_filename.startswith(GENERATED)
