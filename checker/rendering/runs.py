"""A run that a search found, for people. Parts of the explanation that failed are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from quorate.checker.lazily import lazily
from quorate.checker.results import Move
from quorate.checker.tracing.explaining import Explaining
from quorate.model.language.diagnostics import UndefinedAt

from .output import Output
from .words import count

if TYPE_CHECKING:
    from quorate import traces
    from quorate.traces import Trace
else:
    traces = lazily("quorate.traces")


def undefined_line(at: UndefinedAt, steps: int) -> str:
    """What is undefined after so many steps."""
    arguments = ", ".join(map(repr, at.arguments))
    where = f"step {steps + 1}" if at.is_step else "the last state"
    return f"the model is undefined: {at.name}({arguments}) in {where}"


def violation_line(
    violated: str | None, undefined: UndefinedAt | None, path: Sequence[Move]
) -> str:
    """What is wrong in the last state of a run."""
    if undefined is not None:
        return undefined_line(undefined, len(path))
    return f"{violated} is violated after {count(len(path), 'step')}"


def show_found(out: Output, trace: Trace | None, path: Sequence[Move]) -> None:
    """The run that was found: as a trace or, if there is none, as a list of steps."""
    if trace is not None:
        show_run(out, trace)
    else:
        out.line()
        out.block(listed([(m.action, m.arguments) for m in path]))


def show_run(out: Output, trace: Trace) -> None:
    """The table and the space-time diagram."""
    explaining = Explaining()
    table = explaining.part("the table", lambda: traces.render_table(trace, out.width), "")
    diagram = explaining.part(
        "the space-time diagram",
        lambda: traces.render_spacetime(trace, out.width, out.ascii, alone=not table),
        "",
    )
    out.line()
    out.block(table or listed([(s.action, [v for _, v in s.args]) for s in trace.steps]))
    if diagram and trace.steps:  # without steps it has nothing but heads
        out.line()
        out.block(diagram)
    for note in explaining.notes:
        out.line(note, "warn")


def listed(steps: Sequence[tuple[str, Sequence[object]]]) -> str:
    """The steps, printed with Python's `repr` alone."""
    lines = (
        f"{number}  {action}({', '.join(map(repr, arguments))})"
        for number, (action, arguments) in enumerate(steps, start=1)
    )
    return "\n".join(lines) or "no steps"


def show_step(out: Output, trace: Trace) -> None:
    """Steps from a state that need not be reachable, and the property that fails after them.

    They are never shown as a violation.
    """
    out.table(replace(trace, violation=None))
    if (broken := trace.violation) is not None:
        witness = f": {broken.witness}" if broken.witness else ""
        out.line(f"{broken.property} does not hold after this{witness}", "warn")
