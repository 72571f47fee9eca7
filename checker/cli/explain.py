"""`quorate explain`: why an action is disabled at a point of a trace; what a diagnostic means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from quorate._spelling import nearest
from quorate.checker.errors import InputError

from .console import print_document
from .options import ascii_option, json_option, option_error

if TYPE_CHECKING:
    from quorate.model.language.pages import Page


@click.command("explain")
@click.argument("subject", metavar="TRACE|CODE")
@click.argument("action", required=False)
@click.option(
    "--at",
    type=click.IntRange(min=1),
    metavar="STEP",
    help="In the state before this step; by default, after the last.",
)
@click.option("--protocol", help="The protocol, if it is not where the trace says it is.")
@json_option
@ascii_option
def command(
    subject: str, action: str | None, at: int | None, protocol: str | None, as_json: bool
) -> int:
    """Explain why ACTION is disabled at a point of TRACE, or what it would change.

    Of each guard it is said whether it holds, of those that do not what is missing, and what run
    from there, if a short one is found, would enable the action. ACTION is written as traces show
    it. By its name alone, its enabled instances are explained or, if there is none, the one that
    misses the fewest guards; without it, that is done for every action.

    For the code of a mistake in a model, such as `unordered`, its page is shown.

    \b
    quorate explain run.itf.json --at 12 'phase2a(b1, v1, {a0,a2})'
    quorate explain unordered
    """
    from quorate.checker.rendering.document import envelope
    from quorate.checker.rendering.output import Output

    file = Path(subject)
    if not file.exists() and not file.suffix:
        if action is not None or at is not None or protocol is not None:
            option_error(f"{subject} is no file of a trace, and a code takes no other argument")
        page = _page(subject)
        if as_json:
            print_document(envelope("explain", 0, {"code": subject, "page": page.text()}))
        else:
            Output().block(page.text())
        return 0
    import quorate

    result = quorate.explain(file, action, at=at, protocol=protocol)
    if as_json:
        print_document(envelope("explain", 0, result.to_json()))
    else:
        result.show(Output())
    return 0


def _page(code: str) -> Page:
    """The page of a mistake's code. Raises InputError."""
    from quorate.model.language.pages import pages

    if code in pages():
        return pages()[code]
    near = nearest(code, pages())
    hint = "a code is what stands in error[...]" if near is None else f"did you mean {near}?"
    raise InputError(f"{code}: no such file, and no mistake has this code; {hint}")
