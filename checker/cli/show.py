"""`quorate show`: a trace as a table and a diagram; no model is needed."""

from __future__ import annotations

from pathlib import Path

import click

from .options import ascii_option


@click.command("show")
@click.argument("trace", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "form",
    type=click.Choice(["table", "diagram", "mermaid"]),
    help="One form; by default the table and the space-time diagram.",
)
@click.option("--width", type=click.IntRange(40, 1000), help="Columns; by default the terminal's.")
@ascii_option
def command(trace: Path, form: str | None, width: int | None) -> int:
    """Show TRACE (ITF, of Quorate or of another tool): the table of steps and a diagram."""
    from quorate.checker.rendering.output import Output
    from quorate.traces import read_itf, render_mermaid, render_spacetime, render_table

    run, out = read_itf(trace), Output()
    columns = width or out.width
    forms = {
        "table": lambda: render_table(run, columns),
        "diagram": lambda: render_spacetime(run, columns, out.ascii, verdict=form is not None),
        "mermaid": lambda: render_mermaid(run),
    }
    out.block("\n".join(forms[name]() for name in ([form] if form else ["table", "diagram"])))
    return 0
