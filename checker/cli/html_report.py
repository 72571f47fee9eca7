"""`--html FILE`: the result as a page; and `--json`, of which the page is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quorate.checker.lazily import lazily

from .console import print_document

if TYPE_CHECKING:
    from quorate.checker.rendering import document as documents
else:
    documents = lazily("quorate.checker.rendering.document")

html_option = click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a report: one page that opens from disk; over an earlier one, with its history.",
)


def told(
    verb: str,
    code: int,
    options: Mapping[str, Any],
    body: Callable[[], dict[str, Any]],
    more: Callable[[], dict[str, Any]] = dict,
) -> bool:
    """Write the page of --html and print the object of --json, where asked for; whether it was.

    `more` is what the page has besides.
    """
    page, as_json = options["html"], options["as_json"]
    if page is None and not as_json:
        return False
    document = documents.envelope(verb, code, body())
    if page is not None:
        write_page({**document, **more()}, page)
    if as_json:
        print_document(document)
    return bool(as_json)


def write_page(document: Mapping[str, Any], path: Path) -> None:
    """Write the page of a result. The history of a page that was there is continued."""
    from quorate.checker.rendering.html.page import page_of
    from quorate.traces.files import replacing

    earlier = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    page = page_of(document, when, earlier)
    with replacing(path) as partial:
        partial.write_text(page, encoding="utf-8", errors="backslashreplace", newline="\n")
