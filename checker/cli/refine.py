"""`quorate refine`: check that every step of one protocol is a step, or none, of a simpler one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quorate.checker.rendering.output import Output
from quorate.checker.tracing.explaining import Explaining
from quorate.checker.tracing.saving import kept

from .console import progress, progress_line
from .exit_codes import INCONCLUSIVE, MODEL, VIOLATED
from .files import writable
from .html_report import html_option, told
from .options import (
    Bytes,
    ascii_option,
    json_option,
    merged,
    protocols,
    sizes_option,
    with_defaults,
)
from .reports import reports_options

if TYPE_CHECKING:
    from quorate._refine import RefinementResult
    from quorate.model.refinements import Refinement


@click.command("refine")
@click.argument("concrete", shell_complete=protocols)
@click.argument("abstract", shell_complete=protocols, required=False)
@sizes_option
@click.option("--mapping", help="Your own mapping: path.py:function.")
@click.option("--prove", is_flag=True, help="Also prove it, for any number of elements.")
@click.option("--memory", type=Bytes(), help="Limit on the memory for the states: 8GiB.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many states.")
@click.option("--trace", type=click.Path(path_type=Path), help="Write the failing run (ITF).")
@click.option("--strict", is_flag=True, help="Warnings make the result inconclusive (exit 4).")
@reports_options
@html_option
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Check that CONCRETE implements ABSTRACT, step by step.

    A mapping must take every reachable step of CONCRETE to a step of ABSTRACT, or to no change.
    Mappings are bundled for PaxosRoles to Paxos, Paxos to Voting, Voting to Consensus, PaxosRoles
    to Consensus, WatchedMultiPaxos to Paxos, MultiPaxosLog to SlotLog and RecordedRaft to
    GrowingLog; without ABSTRACT, all from CONCRETE on are checked. A modification
    uses the mappings of the protocol that it modifies, and can be compared with that protocol
    itself. Sizes are those of CONCRETE.

    With --prove, a refinement that holds is then proved for any number of elements; if that fails,
    the result is open (exit 4).

    \b
    quorate refine Paxos -s Acceptor=3,Ballot=2,Value=2
    quorate refine my.py:My Voting --mapping my.py:to_voting -s Acceptor=3,Ballot=2,Value=2
    """
    links = _links(options)
    writable(options["trace"])
    writable(options["html"])
    out = Output()
    result = _checked(links, out, options)
    options["reports"].tell(result)
    explaining = Explaining()
    written = kept(result.trace, options["trace"], explaining)
    code = _exit_code(result, options["strict"])
    if told("refine", code, options, lambda: result.to_json(written)):
        return code
    if written is not None:
        out.line(f"trace written to {written}")
    for note in (*result.notes, *explaining.notes):
        out.line(note, "warn")
    return code


def _links(options: Mapping[str, Any]) -> list[Refinement]:
    """The refinements that the arguments mean. Raises InputError, ModelError."""
    from quorate._refine import links_of
    from quorate.checker.loading import load_protocol
    from quorate.checker.refine.finding import own

    concrete, abstract, mapping = options["concrete"], options["abstract"], options["mapping"]
    if mapping is None:
        return links_of(concrete, abstract)
    target = None if abstract is None else load_protocol(abstract)
    return [own(mapping, load_protocol(concrete), target)]


def _checked(links: list[Refinement], out: Output, options: Mapping[str, Any]) -> RefinementResult:
    """Check one refinement after the other, and show what comes of each at once."""
    from quorate._refine import Refining, sorts_of
    from quorate.checker.rendering import refinement

    sizes = with_defaults(merged(options["sizes"]), "sizes", sorts_of(links[0]))
    budgets = set(links[0].concrete.budgets())
    faults = with_defaults(merged(options["faults"]), "faults", budgets)
    refining = Refining(links, sizes, faults, options["memory"], options["limit"])
    for link in refining.pending():
        with progress(progress_line) as say:
            found = refining.check(link, say)
        if not options["as_json"]:
            refinement.report(out, found.check, found.run)
        if options["prove"]:
            found = refining.prove(link)
            if not options["as_json"]:
                found.report_proof(out)
    return refining.result()


def _exit_code(result: RefinementResult, strict: bool) -> int:
    statuses = {r.check.status.value for r in result.refinements}
    if "does not refine" in statuses:
        return VIOLATED
    if "undefined" in statuses:
        return MODEL
    open_ = "inconclusive" in statuses or any(r.open for r in result.refinements)
    return INCONCLUSIVE if open_ or (strict and result.warnings) else 0
