"""`quorate quorums`: compare quorum systems: what meets, and how available each is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import click

from quorate.checker.rendering.output import Output

from .exit_codes import INCONCLUSIVE, VIOLATED
from .files import writable
from .html_report import html_option, told
from .options import ascii_option, json_option


class Rate(click.ParamType[Fraction, Any]):
    """A probability such as 0.05 or 1/20, exactly as written."""

    name = "P"

    def convert(self, value: Any, param: Any, ctx: Any) -> Fraction:
        try:
            found = Fraction(value)
        except (ValueError, ZeroDivisionError):
            self.fail(f"`{value}` is not a probability, as in 0.05", param, ctx)
        if not 0 <= found <= 1:
            self.fail(f"{value} is not a probability, expected a number from 0 to 1", param, ctx)
        return found


@click.command("quorums")
@click.argument("target", metavar="[MODEL|SYSTEM]", required=False)
@click.option(
    "--size",
    type=click.IntRange(1, 64),
    help="Number of members; by default the smallest one, from 3 up, that fits (the library: 9).",
)
@click.option(
    "--down",
    type=Rate(),
    multiple=True,
    default=("0.1", "0.01"),
    show_default="0.1 and 0.01",
    help="Probability that a member is down (repeatable).",
)
@click.option(
    "--effort",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Effort limit for each question: 1 is about a second on an idle machine.",
)
@html_option
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Compare quorum systems: which meet, proved by Z3, and how available each is.

    The argument is a protocol, one system, or a file with systems; by default, the bundled library.
    Availability is exact: the sets of members that contain a quorum are counted, not sampled.

    \b
    quorate quorums
    quorate quorums FlexiblePaxos --size 7
    quorate quorums mine.py:Phase1 --down 0.05
    """
    import quorate

    writable(options["html"])
    result = quorate.compare_quorums(
        options["target"],
        size=options["size"],
        down=options["down"],
        effort=options["effort"],
    )
    code = VIOLATED if result.violation is not None else INCONCLUSIVE if result.open else 0
    if not told("quorums", code, options, result.to_json):
        result.show(Output())
    return code
