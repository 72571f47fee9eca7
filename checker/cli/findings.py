"""A run that a check found, as people see it and as a file keeps it: each part unless it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from quorate.checker.loading import name_of
from quorate.checker.results import NO_STATE, Exploration, Move
from quorate.checker.tracing.build import counterexample
from quorate.checker.tracing.explaining import Explaining
from quorate.checker.tracing.saving import save_trace
from quorate.model.language import Protocol, Sizes
from quorate.model.language.diagnostics import UndefinedAt
from quorate.model.language.interpreter import Interpreter
from quorate.traces import Trace, render_spacetime, render_table

from .console import Output


def explained(
    target: type[Protocol], bounds: Sizes, found: Exploration, explaining: Explaining
) -> Trace | None:
    """The trace of what a search found: None if it found nothing, or no trace can be made of it."""
    if found.initial is None:
        return None
    return explaining.part(
        "the trace", lambda: counterexample(target, name_of(target), bounds, found), None
    )


def kept(trace: Trace | None, path: Path | None, explaining: Explaining) -> Path | None:
    """The file that the trace was written to; None if it was not to be, or could not be."""
    if trace is None or path is None:
        return None

    def write() -> Path:
        save_trace(trace, path)
        return path

    return explaining.part("the trace's file", write, None)


def unwritten(trace: Trace | None, path: Path | None) -> Iterator[str]:
    """That a file for the trace is none of this run's, where there is no trace."""
    if trace is None and path is not None:
        left = "is left as it was" if path.exists() else "was not written"
        yield f"there is no trace: {path} {left}"


def without_start(target: type[Protocol], bounds: Sizes) -> list[str]:
    """The warning that is due where there is no initial state."""
    with bounds:
        return [] if Interpreter(target, bounds).initial() else [NO_STATE]


def undefined_line(at: UndefinedAt, steps: int) -> str:
    """What the model leaves undefined, after so many steps."""
    arguments = ", ".join(map(repr, at.arguments))
    where = f"step {steps + 1}" if at.is_step else "the last state"
    return f"the model is undefined: {at.name}({arguments}) in {where}"


def show_found(out: Output, trace: Trace | None, path: Sequence[Move]) -> None:
    """The run that was found: as a trace, or by its steps alone where none could be made."""
    if trace is not None:
        show_run(out, trace)
    else:
        out.line()
        out.block(listed([(m.action, m.arguments) for m in path]))


def show_run(out: Output, trace: Trace) -> None:
    """The table and the space-time diagram."""
    explaining = Explaining()
    table = explaining.part("the table", lambda: render_table(trace, out.width), "")
    diagram = explaining.part(
        "the space-time diagram", lambda: render_spacetime(trace, out.width, out.ascii), ""
    )
    out.line()
    out.block(table or listed([(s.action, [v for _, v in s.args]) for s in trace.steps]))
    if diagram:
        out.line()
        out.block(diagram)
    for note in explaining.notes:
        out.line(note, "warn")


def listed(steps: Sequence[tuple[str, Sequence[object]]]) -> str:
    """Steps one by one, with no more than Python needs to print them."""
    lines = (
        f"{number}  {action}({', '.join(map(repr, arguments))})"
        for number, (action, arguments) in enumerate(steps, start=1)
    )
    return "\n".join(lines) or "no steps"
