"""Writing for people: marks and quiet colours on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import TextIO

from quorate.traces import Trace, render_spacetime, render_table

MARKS = {"ok": ("✓", "green"), "bad": ("✗", "red"), "warn": ("!", "yellow"), "": (" ", "")}
NARROWEST, WIDEST = 80, 160
TEXT_WIDTH = 100


class Output:
    """Lines on a stream, by default standard output.

    No markup is interpreted: `max_bal[a0]` prints as such.
    """

    def __init__(self, file: TextIO | None = None, width: int | None = None) -> None:
        from rich.console import Console

        self.ascii = (file or sys.stdout).encoding == "ascii"
        self.console = Console(
            file=file, width=width, highlight=False, markup=False, emoji=False, soft_wrap=True
        )
        self.console.width = max(NARROWEST, min(WIDEST, self.console.width))

    @property
    def width(self) -> int:
        """Columns to render for."""
        return self.console.width

    def line(self, text: str = "", mark: str = "", indent: int = 0) -> None:
        """One line, with a mark: "ok", "bad" or "warn"."""
        from rich.text import Text

        sign, style = MARKS[mark]
        head = Text("  " * indent + (f"{sign} " if mark else ""), style=style)
        self.console.print(head.append(text, style="default"))

    def title(self, text: str) -> None:
        """A heading."""
        from rich.text import Text

        self.console.print(Text(text, style="bold"))

    def block(self, text: str) -> None:
        """Several lines as they are."""
        self.console.print(text.rstrip("\n"))

    def table(self, run: Trace) -> None:
        """A run as a table of steps, or as a list where there is no room."""
        self.block(render_table(run, self.width))

    def diagram(self, run: Trace) -> None:
        """A run as a space-time diagram."""
        self.block(render_spacetime(run, self.width, self.ascii))


def plain_text(write: Callable[[Output], None]) -> str:
    """What `write` writes, as plain text of `TEXT_WIDTH` columns."""
    stream = io.StringIO()
    write(Output(stream, TEXT_WIDTH))
    return stream.getvalue().rstrip("\n")
