"""Writing for people: marks and quiet colours on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io
import shlex
import sys
import textwrap
from collections.abc import Callable
from typing import TextIO

from quorate.traces import Trace, render_spacetime, render_table

MARKS = {"ok": ("✓", "green"), "bad": ("✗", "red"), "warn": ("!", "yellow"), "": (" ", "")}
NARROWEST, WIDEST = 40, 160
TEXT_WIDTH = 100


class Output:
    """Lines on a stream, by default standard output.

    No markup is interpreted: `max_bal[a0]` prints as such.
    """

    def __init__(self, file: TextIO | None = None, width: int | None = None) -> None:
        from rich.console import Console

        self.ascii = (file or sys.stdout).encoding == "ascii"
        self.on_screen = (file or sys.stdout).isatty()
        self.console = Console(
            file=file, width=width, highlight=False, markup=False, emoji=False, soft_wrap=True
        )
        self.console.width = max(NARROWEST, min(WIDEST, self.console.width))

    @property
    def width(self) -> int:
        """Columns to render for."""
        return self.console.width

    def line(self, text: str = "", mark: str = "", indent: int = 0) -> None:
        """One line, with a mark: "ok", "bad" or "warn"; on a screen folded between words.

        A file keeps it in one piece, for whoever searches there.
        """
        if self.on_screen and 2 * indent + len(text) + 4 > self.width:
            self.wrapped(text, mark, indent)
        else:
            self._line(text, mark, indent)

    def _line(self, text: str, mark: str = "", indent: int = 0) -> None:
        from rich.text import Text

        sign, style = MARKS[mark]
        head = Text("  " * indent + (f"{sign} " if mark else ""), style=style)
        self.console.print(head.append(text, style="default"))

    def wrapped(self, text: str, mark: str = "", indent: int = 0) -> None:
        """Like `line`; what is too wide goes on in the next line, further in."""
        head = indent + (1 if mark else 0)
        first, *rest = folded(text, self.width - 2 * head)
        self._line(first, mark, indent)
        for more in rest:
            self._line(more, indent=head + 2)

    def command(self, label: str, command: str, indent: int = 0) -> None:
        """A command of the shell, which can be copied as it is shown."""
        first, *rest = command_lines(f"{label} ", command, self.width - 2 * indent - 4)
        self._line(first, indent=indent)
        for more in rest:
            self._line(more, indent=indent + 2)

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
        """A run as a space-time diagram, beside its table."""
        self.block(render_spacetime(run, self.width, self.ascii, alone=False))


def folded(text: str, width: int) -> list[str]:
    """A text in lines of this width, broken between words. All but the first are 4 narrower."""
    lines = textwrap.wrap(
        text, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
    return [*lines[:1], *(line.strip() for line in lines[1:])] or [""]


def command_lines(label: str, command: str, width: int) -> list[str]:
    """A command in lines of about this width, each but the last of which says that it goes on.

    It is broken between options, and a quoted run between its calls: the shell takes both as one.
    """
    parts: list[str] = []
    for word in shlex.split(command):
        joined = parts and parts[-1].startswith("-") and " " not in parts[-1]
        if joined and not word.startswith("-"):
            parts[-1] += f" {shlex.quote(word)}"
        else:
            parts.append(shlex.quote(word))
    lines = [label]
    for number, part in enumerate(parts):
        space = " " if number else ""
        if number and len(lines[-1]) + 1 + len(part.partition(";")[0]) > width:
            lines[-1] += " \\"
            lines.append("")
            space = ""
        first, *calls = part.split("; ")
        lines[-1] += space + first
        for call in calls:
            if len(lines[-1]) + 2 + len(call) > width:
                lines[-1] += ";"
                lines.append(call)
            else:
                lines[-1] += f"; {call}"
    return lines


def plain_text(write: Callable[[Output], None]) -> str:
    """What `write` writes, as plain text of `TEXT_WIDTH` columns."""
    stream = io.StringIO()
    write(Output(stream, TEXT_WIDTH))
    return stream.getvalue().rstrip("\n")
