"""`quorate show`: a trace as a table and a diagram; no model is needed."""

from __future__ import annotations

from pathlib import Path

import click

from .options import ascii_option


@click.command("show")
@click.argument("trace", type=click.Path(path_type=Path))
@click.option("--mermaid", is_flag=True, help="Print the source of a Mermaid sequence diagram.")
@click.option("--width", type=click.IntRange(40, 1000), help="Columns; by default the terminal's.")
@ascii_option
def command(trace: Path, mermaid: bool, width: int | None) -> int:
    """Show TRACE (ITF, of Quorate or of another tool): the table of steps and a diagram."""
    from quorate.checker.rendering.output import Output
    from quorate.traces import read_itf, render_mermaid, render_spacetime, render_table

    run, out = read_itf(trace), Output()
    columns = width or out.width
    if mermaid:
        out.block(render_mermaid(run))
    else:
        out.block(render_table(run, columns))
        out.line()
        out.block(render_spacetime(run, columns, out.ascii))
    return 0
