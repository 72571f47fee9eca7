"""The output of commands besides reports: the live line of progress, and JSON."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from quorate.checker.lazily import lazily
from quorate.checker.rendering.words import amount, count, seconds

from .streams import print_whole

if TYPE_CHECKING:
    from quorate.checker.explore.search.interface import Progress
    from quorate.checker.rendering import document as documents
else:
    documents = lazily("quorate.checker.rendering.document")

FIRST_LOG_LINE_S = 5.0


def print_document(document: Mapping[str, Any]) -> None:
    """Print the object of --json, as `rendering.document` makes it."""
    print_whole(documents.text_of(document))


@contextmanager
def progress(say: Callable[[Any], str]) -> Iterator[Callable[[Any], None]]:
    """A live line on a terminal; in a log, a line after 5 s, 10 s, 20 s, and so on.

    Yields a callback; `say` turns its argument into the line.
    """
    if sys.stderr.isatty():  # FORCE_COLOR asks a log for colours alone
        from rich.console import Console

        console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        console.width = max(20, console.width)  # Rich prints nothing if there are no columns
        with console.status("", spinner="line") as status:
            yield lambda state: status.update(say(state))
        return
    started, following = time.monotonic(), FIRST_LOG_LINE_S

    def log(state: Any) -> None:
        nonlocal following
        if (passed := time.monotonic() - started) >= following:
            while following <= passed:  # the time for several lines may have come at once
                following *= 2
            click.echo(say(state), err=True)

    yield log


def progress_line(p: Progress) -> str:
    """The live line of a search."""
    speed = p.states / p.seconds if p.seconds else 0.0
    return (
        f"{count(p.states, 'state')}, {p.waiting:,} waiting, depth {p.depth}, "
        f"{speed / 1e6:.1f} M/s, {seconds(p.seconds)}"
        + (f", {amount(p.disk)} on disk" if p.disk else "")
    )
