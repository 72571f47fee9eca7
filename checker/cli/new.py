"""`quorate new`: the files of a small project, to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from .options import ascii_option


@click.command("new")
@click.argument("name")
@ascii_option
def command(name: str) -> int:
    """Write a small project into a new folder NAME: a protocol, tests, code, and an adapter.

    All of it passes: `quorate check`, `quorate prove`, `quorate conform`, and pytest. NAME is made
    of letters and digits, as in my-lock. Nothing is overwritten.
    """
    from quorate.checker.rendering.output import Output
    from quorate.checker.starter import write_project

    written = write_project(name, Path())
    out = Output()
    for file in written:
        out.line(str(Path(name) / file))
    out.line()
    out.line(f"cd {name}", indent=1)
    out.line("quorate check model.py", indent=1)
    out.line("quorate conform model.py --adapter adapter.py:Adapter", indent=1)
    out.line("pytest", indent=1)
    return 0
