"""`quorate show`: a trace as a table, a diagram or in another form; no model is needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .options import ascii_option

FORMS = ("table", "diagram", "mermaid", "html", "shiviz", "json", "python")
WIDE = 1000
"""Columns that are enough for anything, with --wide."""


@click.command("show")
@click.argument("trace", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "form",
    type=click.Choice(FORMS),
    help="One form; by default the table and, where processes are known, the diagram.",
)
@click.option("--width", type=click.IntRange(40, 1000), help="Columns; by default the terminal's.")
@click.option("--wide", is_flag=True, help="As many columns as it takes.")
@click.option(
    "--breakpoint",
    "stop",
    type=click.IntRange(min=1),
    metavar="STEP",
    help="With --as python: stop in the debugger before this step.",
)
@ascii_option
def command(trace: Path, form: str | None, width: int | None, wide: bool, stop: int | None) -> int:
    """Show TRACE: of Quorate, Quint or Apalache (ITF), or of TLC (-dumpTrace json).

    \b
    table    the steps, what enabled them, what they changed and sent
    diagram  processes side by side, time going down
    mermaid  the source of a sequence diagram, for Markdown
    html     a page that opens from disk: quorate show run.itf.json --as html > run.html
    shiviz   a log with vector clocks, for ShiViz
    json     the object that --json prints of a run
    python   a program that takes the steps under CPython, and checks each state
    """
    from quorate.checker.rendering.departures import show_departure
    from quorate.checker.rendering.document import envelope, run_json, text_of
    from quorate.checker.rendering.html.page import page_of
    from quorate.checker.rendering.output import Output
    from quorate.checker.rendering.program import program_of
    from quorate.traces import (
        read_trace,
        render_mermaid,
        render_shiviz,
        render_spacetime,
        render_table,
    )

    from .options import option_error

    if wide and width is not None:
        option_error("--wide and --width contradict each other")
    if stop is not None and form != "python":
        option_error("--breakpoint goes with --as python")
    run, out = read_trace(trace), Output()
    columns = WIDE if wide else width or out.width

    def document() -> dict[str, Any]:
        return envelope("show", 0, {"run": run_json(run, trace)})

    forms: dict[str, Callable[[], str]] = {
        "table": lambda: render_table(run, columns),
        "diagram": lambda: render_spacetime(run, columns, out.ascii, alone=form is not None),
        "mermaid": lambda: render_mermaid(run),
        "html": lambda: page_of(document(), ""),
        "shiviz": lambda: render_shiviz(run),
        "json": lambda: text_of(document()),
        "python": lambda: program_of(run, trace, stop),
    }
    # A diagram of one column, or without steps, says nothing that its table does not.
    both = ["table", "diagram"] if run.has_processes and run.steps else ["table"]
    out.block("\n".join(forms[name]() for name in ([form] if form else both)))
    if form is None and run.departure is not None:
        show_departure(out, run.departure)
    return 0
