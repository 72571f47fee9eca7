"""`quorate linearize`: whether a history of concurrent operations is linearizable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .exit_codes import INCONCLUSIVE, NONCONFORMING
from .files import writable
from .html_report import html_option, told
from .options import ascii_option, json_option

CODES = {"not linearizable": NONCONFORMING, "unknown": INCONCLUSIVE}
"""The exit codes of the verdicts; that of the other is 0."""


@click.command("linearize")
@click.argument("history", type=click.Path(path_type=Path))
@click.option(
    "--spec",
    default="register",
    help="What the operations are on: register, which with keys is a key-value store, lock, "
    "or path.py:Class. By default register.",
)
@click.option(
    "--configurations",
    metavar="N",
    type=click.IntRange(min=1),
    help="Give up on an object after N configurations. By default 1,000,000.",
)
@html_option
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Look for an order of the operations in HISTORY that a sequential object allows.

    HISTORY has one event a line, in JSON, in the order in which they happened; a file that ends in
    .edn is read as Jepsen writes it. The outcome is one of:

    \b
      linearizable      there is such an order (exit 0)
      not linearizable  there is none; the first end of an operation that no order
                        explains is shown (exit 5)
      unknown           a bound was reached, or no operation returned (exit 4)

    \b
    quorate linearize history.jsonl --spec register
    """
    import quorate
    from quorate.checker.rendering.histories import picture
    from quorate.checker.rendering.output import Output

    writable(options["html"])
    most = options["configurations"]
    more = {} if most is None else {"most": most}
    result = quorate.linearize(options["history"], options["spec"], **more)
    code = CODES.get(result.judged.verdict.value, 0)
    if not told(
        "linearize", code, options, result.to_json, lambda: {"picture": picture(result.judged)}
    ):
        result.show(Output())
    return code
