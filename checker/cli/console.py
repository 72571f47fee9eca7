"""Writing for people: marks and quiet colours on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .document import text_of
from .streams import print_whole

if TYPE_CHECKING:
    from quorate.traces import Trace

MARKS = {"ok": ("✓", "green"), "bad": ("✗", "red"), "warn": ("!", "yellow"), "": (" ", "")}
FIRST_LOG_LINE_S = 5.0


class Output:
    """Lines on standard output. No markup is interpreted: `max_bal[a0]` prints as such."""

    def __init__(self) -> None:
        from rich.console import Console

        self.ascii = sys.stdout.encoding == "ascii"
        self.console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self.console.width = max(80, min(160, self.console.width))

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
        from quorate.traces import render_table

        self.block(render_table(run, self.width))

    def diagram(self, run: Trace) -> None:
        """A run as a space-time diagram."""
        from quorate.traces import render_spacetime

        self.block(render_spacetime(run, self.width, self.ascii))

    def document(self, document: Mapping[str, Any]) -> None:
        """What --json prints, as `report.document` makes it."""
        print_whole(text_of(document))


@contextmanager
def progress(say: Callable[[Any], str]) -> Iterator[Callable[[Any], None]]:
    """A live line on a terminal, sparse lines (after 5 s, 10 s, 20 s, ...) in a log.

    Yields a callback; `say` turns what it is given into the line.
    """
    from rich.console import Console

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    console.width = max(20, console.width)  # Rich prints nothing at all on no columns
    if console.is_terminal:
        with console.status("", spinner="line") as status:
            yield lambda state: status.update(say(state))
        return
    started, following = time.monotonic(), FIRST_LOG_LINE_S

    def log(state: Any) -> None:
        nonlocal following
        if time.monotonic() - started >= following:
            following *= 2
            console.print(say(state), soft_wrap=True)

    yield log


def count(n: int, noun: str) -> str:
    """`3,921 states`, `1 state`."""
    ending = "y" if noun.endswith("y") and n == 1 else noun[-1]
    if n == 1:
        return f"1 {noun[:-1]}{ending}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{n:,} {plural}"


def holding(invariants: int) -> str:
    """`6 invariants hold`, `1 invariant holds`."""
    return f"{count(invariants, 'invariant')} {'holds' if invariants == 1 else 'hold'}"


def seconds(s: float) -> str:
    """A duration, with as many digits as it deserves."""
    return f"{s:.2f} s" if s < 10 else f"{s:.0f} s"
