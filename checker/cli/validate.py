"""`quorate validate`: hold logs of a running system against a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .exit_codes import INCONCLUSIVE, NONCONFORMING
from .files import writable
from .html_report import html_option, told
from .options import ascii_option, json_option, merged, sizes_option
from .reports import reports_options

CODES = {"unexplained": NONCONFORMING, "inconclusive": INCONCLUSIVE}
"""The exit codes of the verdicts; that of the other is 0."""


@click.command("validate")
@click.argument("log", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--model", required=True, help="path.py:Class, module:Class, or a bundled protocol.")
@sizes_option
@click.option(
    "--mapping",
    help="Your reader of lines: path.py:Class. By default, lines are in terms of the model.",
)
@click.option(
    "--format",
    "format_",
    help="A bundled mapping: cluster (our Paxos), raft, multipaxos (ours) or etcd-raft.",
)
@click.option(
    "--hidden",
    metavar="K",
    type=click.IntRange(min=0),
    help="Allow up to K steps that are not in the log before each line. By default none.",
)
@click.option("--ignore", metavar="KEY,...", multiple=True, help="Keys to ignore in the lines.")
@click.option(
    "--crashed",
    metavar="LOG",
    multiple=True,
    type=click.Path(path_type=Path),
    help="One of the logs, if a crash may have cut off its last line.",
)
@click.option(
    "--states",
    metavar="N",
    type=click.IntRange(min=1),
    help="Give up when there are N more states than lines. By default 500,000.",
)
@click.option(
    "--shiviz", type=click.Path(path_type=Path), help="Write the log in the format of ShiViz."
)
@reports_options
@html_option
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Search for a run of a model that explains LOG, the JSON lines of a running system.

    Give the files of all nodes; they are merged by the causes that the lines name. The outcome is
    one of:

    \b
      explained     a run of the model explains every line (exit 0)
      unexplained   no run does; the first line without explanation is shown (exit 5)
      inconclusive  a bound was reached, or nothing was compared (exit 4)

    If a file is not a log, or a line cannot be read, its file, line and byte are reported (exit 2).

    \b
    quorate validate a0.log a1.log --model Paxos -s Acceptor=3,Ballot=2,Value=2
    """
    import quorate
    from quorate.checker.loading import load_protocol
    from quorate.checker.rendering.output import Output
    from quorate.traces.files import replacing

    from .options import option_error, with_defaults

    writable(options["html"])
    if options["mapping"] is not None and options["format_"] is not None:
        option_error("--format names a bundled mapping: it does not go with --mapping")
    model = load_protocol(options["model"])
    faults = merged(options["faults"])
    more = {"most": options["states"]} if options["states"] is not None else {}
    result = quorate.validate(
        options["log"],
        model,
        sizes=with_defaults(merged(options["sizes"]), "sizes", set(model.sorts())),
        faults=faults or None,
        mapping=options["mapping"] or options["format_"],
        hidden=options["hidden"],
        ignore=[key for keys in options["ignore"] for key in keys.split(",")],
        crashed=options["crashed"],
        **more,
    )
    options["reports"].tell(result)
    if options["shiviz"] is not None:
        with replacing(options["shiviz"]) as partial:
            partial.write_text(result.to_shiviz(), encoding="utf-8")
    code = CODES.get(result.validation.verdict.value, 0)
    if not told("validate", code, options, result.to_json):
        result.show(Output())
    return code
