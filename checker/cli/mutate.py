"""`quorate mutate`: do the properties of a protocol notice when it is changed?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quorate.checker.rendering.words import seconds

from .console import progress
from .exit_codes import INCONCLUSIVE, MODEL, VIOLATED
from .files import writable
from .html_report import html_option, told
from .options import ascii_option, json_option, merged, protocols, sizes_option

if TYPE_CHECKING:
    from quorate._mutate import MutateResult
    from quorate.checker.mutation import MutantsTried


@click.command("mutate")
@click.argument("protocol", shell_complete=protocols)
@sizes_option
@click.option("--operator", multiple=True, metavar="NAME", help="Only this kind of change.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="Stop a search after this many states; by default after 2 million.",
)
@click.option("--processes", type=click.IntRange(1, 255), help="By default one for each core.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what viewers of mutation tests read (Stryker's schema).",
)
@click.option(
    "--least",
    type=click.IntRange(0, 100),
    metavar="PERCENT",
    help="A lower score is inconclusive (exit 4).",
)
@click.option("--strict", is_flag=True, help="The same as --least 100.")
@html_option
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Change PROTOCOL in many small ways; its properties should notice each.

    A change drops a guard, drops or delays an effect, shifts or flips a comparison, swaps `any`
    and `all`, accepts older or newer messages, shrinks a quorum, or makes a variable volatile. A
    mutant is killed if a property is violated or a goal is not reached any more. Of the others it
    is said whether they are proved to be equivalent, are killed at a larger size, or change what
    does not matter here. What is left shows that a property is missing, or too weak.

    \b
    quorate mutate Paxos -s Acceptor=3,Ballot=2,Value=2
    quorate mutate my.py:My -s Acceptor=3,Ballot=2,Value=2 --operator drop-guard --least 90
    """
    import quorate
    from quorate.checker.loading import load_protocol
    from quorate.checker.rendering.output import Output

    from .sizing import sized

    protocol = load_protocol(options["protocol"])
    sizes = sized(protocol, merged(options["sizes"]), merged(options["faults"]))
    writable(options["report"])
    writable(options["html"])
    with progress(_progress_line) as say:
        result = quorate.mutate(
            protocol,
            sizes=dict(sizes),
            faults=dict(sizes.faults),
            operators=options["operator"] or None,
            **({} if options["limit"] is None else {"limit": options["limit"]}),
            processes=options["processes"],
            report=say,
        )
    if options["report"] is not None:
        from quorate.traces.files import replacing

        with replacing(options["report"]) as partial:
            partial.write_text(f"{json.dumps(result.report(), indent=1)}\n", encoding="utf-8")
    code = _exit_code(result, 100 if options["strict"] else options["least"])
    if not told("mutate", code, options, result.to_json):
        result.show(Output())
    return code


def _exit_code(result: MutateResult, least: int | None) -> int:
    if result.mutation.original.undefined is not None:
        return MODEL
    if result.violation is not None:
        return VIOLATED
    if result.score is None or (least is not None and result.score * 100 < least):
        return INCONCLUSIVE
    return 0


def _progress_line(event: MutantsTried) -> str:
    line = f"{event.done} of {event.total} changes tried, {seconds(event.seconds)}"
    if event.done * 20 < event.total:  # too few to judge by
        return line
    left = event.seconds / event.done * (event.total - event.done)
    return f"{line}; about {seconds(left)} more if the others take as long"
