"""`quorate prove`: show that the invariants hold for any number of elements of every sort."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quorate.checker.rendering.output import Output
from quorate.checker.rendering.words import count, seconds

from .console import progress
from .exit_codes import INCONCLUSIVE, MODEL, VIOLATED
from .files import writable
from .html_report import html_option, told
from .options import ascii_option, given_options, json_option, option_error, protocols
from .reports import reports_options
from .watch import watchable

if TYPE_CHECKING:
    from quorate.checker.synthesis import SynthesisProgress

FINDING_EFFORT = 600.0
FINDING = {"--find", "--keep", "--effort", "--invariant", "--strict", "--json", "--ascii"}
FINDING |= {"--sarif", "--junit", "--html", "--watch"}


@click.command("prove")
@click.argument("protocol", shell_complete=protocols)
@watchable
@click.option("--seed", default=0, show_default=True, help="Z3's random seed.")
@click.option(
    "--effort",
    type=click.FloatRange(min=0, min_open=True),
    help="Effort limit for each obligation: 1 is about a second on an idle machine.  "
    "[default: 10; 0.5 if quorums that must meet do not; with --find, of the whole search: 600]",
)
@click.option(
    "-i",
    "--invariant",
    "only",
    multiple=True,
    help="Prove this invariant (repeatable), with only these as hypotheses.",
)
@click.option("--core", is_flag=True, help="Show which hypotheses each obligation needs.")
@click.option(
    "--smt2",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write every obligation as an SMT-LIB file here.",
)
@click.option(
    "--cvc5",
    is_flag=True,
    help="Ask cvc5 what Z3 leaves open, and whether it agrees with the rest.",
)
@click.option(
    "--refute/--no-refute",
    default=True,
    help="Search small sizes for a counterexample to what is not proved.",
)
@click.option(
    "--find",
    is_flag=True,
    help="Look for lemmas that agreement (or -i) needs, and prove it with them.",
)
@click.option("--keep", is_flag=True, help="With --find: use the other invariants as lemmas, too.")
@click.option("--strict", is_flag=True, help="Exit with 4 if no invariant is claimed.")
@reports_options
@html_option
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Prove the invariants of PROTOCOL for any number of elements of every sort.

    Any number of acceptors, ballots, values and faults; any quorum systems that meet as declared.
    For an invariant that is not proved, a counterexample is searched for at small sizes: a step
    that breaks it (not inductive) or a run (violated).

    \b
    quorate prove Paxos
    quorate prove quorate.model.proofs.paxos:ProvedMultiPaxos --core
    quorate prove Paxos --find
    """
    writable(options["html"])
    if options["find"]:
        if others := given_options() - FINDING:
            option_error(f"--find does not take {min(others)}: paste the lemmas, then prove")
        return _find(options)
    if options["keep"]:
        option_error("--keep goes with --find")
    return _prove(options)


def _prove(options: Mapping[str, Any]) -> int:
    import quorate

    with progress(lambda o: f"{o.name}: {o.answer.value}, {seconds(o.seconds)}") as say:
        result = quorate.prove(
            options["protocol"],
            invariants=options["only"] or None,
            effort=options["effort"],
            seed=options["seed"],
            refute=options["refute"],
            core=options["core"],
            cvc5=options["cvc5"],
            smt2=options["smt2"],
            report=say,
        )
    options["reports"].tell(result)
    status = None if result.proof is None else result.proof.status.value
    code = _exit_code(status, options["strict"])
    if told("prove", code, options, result.to_json):
        return code
    out = Output()
    result.report(out, options["core"])
    if options["smt2"] is not None and result.proof is not None:
        out.line(f"obligations written to {options['smt2']}")
    return code


def _find(options: Mapping[str, Any]) -> int:
    import quorate

    with progress(_finding_line) as say:
        result = quorate.find_invariants(
            options["protocol"],
            options["only"] or None,
            keep=options["keep"],
            effort=options["effort"] or FINDING_EFFORT,
            report=say,
        )
    options["reports"].tell(result)
    status = None if result.synthesis is None else result.synthesis.status.value
    code = _exit_code(status, options["strict"])
    if not told("prove", code, options, result.to_json):
        result.show(Output())
    return code


def _exit_code(status: str | None, strict: bool) -> int:
    """The exit code for how a proof ended; None where nothing is claimed."""
    if status is None:
        return INCONCLUSIVE if strict else 0
    return {"proved": 0, "violated": VIOLATED, "undefined": MODEL}.get(status, INCONCLUSIVE)


def _finding_line(p: SynthesisProgress) -> str:
    """Where the search for lemmas is."""
    kept = count(p.kept, "lemma")
    return f"{p.doing}: {count(p.tried, 'candidate')} tried, {kept} kept, {seconds(p.seconds)}"
