"""Writing for people: marks and quiet colours on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import sys
import textwrap
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from quorate.checker.lazily import lazily

if TYPE_CHECKING:
    from rich.console import Console

    from quorate import traces
    from quorate.traces import Trace
else:
    traces = lazily("quorate.traces")

MARKS = {"ok": ("✓", "green"), "bad": ("✗", "red"), "warn": ("!", "yellow"), "": (" ", "")}
NARROWEST, USUAL_WIDTH, WIDEST = 40, 80, 160
TEXT_WIDTH = 100
ASKING_FOR_COLOURS = ("FORCE_COLOR", "TTY_COMPATIBLE")


class Output:
    """Lines on a stream, by default standard output.

    No markup is interpreted: `max_bal[a0]` prints as such. Rich, which knows terminals, is loaded
    only for one, or where colours are asked for; a quiet output writes nothing.
    """

    def __init__(self, file: TextIO | None = None, width: int | None = None) -> None:
        self._file, self.quiet = file, False
        self.ascii = self._stream.encoding == "ascii"
        self.on_screen = self._stream.isatty()
        self._styled = self.on_screen or any(map(os.environ.get, ASKING_FOR_COLOURS))
        self.width = max(NARROWEST, min(WIDEST, width or _columns()))
        """Columns to render for."""

    @property
    def _stream(self) -> TextIO:
        return self._file or sys.stdout

    @cached_property
    def console(self) -> Console:
        """What writes with colours."""
        from rich.console import Console

        return Console(
            file=self._file,
            width=self.width,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=True,
        )

    def _write(self, *parts: tuple[str, str]) -> None:
        """A line of texts, each with its style."""
        if self.quiet:
            return
        if self._styled:
            from rich.text import Text

            self.console.print(Text.assemble(*parts))
        else:
            self._stream.write("".join(text for text, _ in parts) + "\n")
            self._stream.flush()

    def line(self, text: str = "", mark: str = "", indent: int = 0) -> None:
        """One line, with a mark: "ok", "bad" or "warn"; on a screen folded between words.

        A file keeps it in one piece, for whoever searches there.
        """
        if self.on_screen and 2 * indent + len(text) + 4 > self.width:
            self.wrapped(text, mark, indent)
        else:
            self._line(text, mark, indent)

    def _line(self, text: str, mark: str = "", indent: int = 0) -> None:
        sign, style = MARKS[mark]
        self._write(("  " * indent + (f"{sign} " if mark else ""), style), (text, ""))

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
        self._write((text, "bold"))

    def block(self, text: str) -> None:
        """Several lines as they are."""
        self._write((text.rstrip("\n"), ""))

    def table(self, run: Trace) -> None:
        """A run as a table of steps, or as a list where there is no room."""
        self.block(traces.render_table(run, self.width))

    def diagram(self, run: Trace) -> None:
        """A run as a space-time diagram, beside its table."""
        self.block(traces.render_spacetime(run, self.width, self.ascii, alone=False))


def _columns() -> int:
    """As many as $COLUMNS says, or the terminal has, which may be where only errors go."""
    if (given := os.environ.get("COLUMNS", "")).isdigit():
        return int(given)
    for descriptor in range(3):
        with contextlib.suppress(OSError):
            return os.get_terminal_size(descriptor).columns
    return USUAL_WIDTH


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
