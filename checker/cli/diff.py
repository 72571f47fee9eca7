"""`quorate diff`: two versions of a protocol, and what the modification changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exit_codes import INCONCLUSIVE, VIOLATED
from .files import writable
from .html_report import html_option, told
from .options import ascii_option, json_option, merged, protocols, sizes_option, with_defaults

if TYPE_CHECKING:
    from quorate._diff import DiffResult


@click.command("diff")
@click.argument("old", shell_complete=protocols)
@click.argument("new", shell_complete=protocols)
@sizes_option
@click.option(
    "--mapping",
    metavar="FILE:FUNCTION",
    help="Read a state of NEW as one of OLD, for versions with other variables.",
)
@click.option("--prove", is_flag=True, help="Also whether the proof for any size still succeeds.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop a search after this many states.")
@click.option(
    "--trace",
    type=click.Path(path_type=Path),
    help="Write the run to what only NEW does (ITF).",
)
@click.option("--strict", is_flag=True, help="Any difference in what they do exits with 4.")
@html_option
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Compare two versions of a protocol, OLD and NEW.

    Each is path.py:Class, a bundled name, or git:REVISION:path.py:Class. Shown are the parts that
    differ in meaning, the properties whose verdict changes, the counts side by side, and the
    shortest run of each version to a step that the other does not take. A property that held and
    no longer does exits with 1.

    \b
    quorate diff git:HEAD:my.py:My my.py:My -s Acceptor=3,Ballot=2,Value=2
    quorate diff Paxos my.py:FastPaxos -s Acceptor=3,Ballot=2,Value=2 --prove
    """
    import quorate
    from quorate.checker.loading import load_protocol
    from quorate.checker.rendering.output import Output
    from quorate.checker.tracing.explaining import Explaining
    from quorate.checker.tracing.saving import kept
    from quorate.model.language.declare.sizing import sized_sorts

    old, new = load_protocol(options["old"]), load_protocol(options["new"])
    writable(options["trace"])
    writable(options["html"])
    sorts = {*sized_sorts(old), *sized_sorts(new)}
    result = quorate.diff(
        old,
        new,
        sizes=with_defaults(merged(options["sizes"]), "sizes", sorts),
        faults=with_defaults(merged(options["faults"]), "faults", {*old.budgets(), *new.budgets()}),
        limit=options["limit"],
        prove=options["prove"],
        mapping=options["mapping"],
    )
    explaining = Explaining()
    written = kept(result.trace, options["trace"], explaining)
    code = _exit_code(result, options["strict"])
    if told("diff", code, options, lambda: result.to_json(written)):
        return code
    out = Output()
    result.show(out)
    if written is not None:
        out.line(f"trace written to {written}")
    for note in explaining.notes:
        out.line(note, "warn")
    return code


def _exit_code(result: DiffResult, strict: bool) -> int:
    found = result.modification
    if found.worse:
        return VIOLATED
    searched = found.old.search.complete and found.new.search.complete
    if not searched or found.newly_unproved() or (strict and not found.same_behaviour):
        return INCONCLUSIVE
    return 0
