"""`quorate prove`: show that the invariants hold for any number of elements of every sort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .main import option_error
from .options import ascii_option, given_options, json_option

TIME_S = 600.0  # to look for lemmas
FINDING = {"--find", "--keep", "--time", "--invariant", "--strict", "--json", "--ascii"}


@click.command("prove")
@click.argument("protocol")
@click.option("--seed", default=0, show_default=True, help="Z3's random seed.")
@click.option(
    "--effort",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="How much a prover may do for each obligation: 1 is about a second of an idle machine.",
)
@click.option(
    "-i",
    "--invariant",
    "only",
    multiple=True,
    help="Prove this invariant (repeatable), with these alone as hypotheses.",
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
    help="Look at small sizes for what breaks that which is not proved.",
)
@click.option(
    "--find",
    is_flag=True,
    help="Look for the lemmas that agreement (or -i) needs, and prove it with them.",
)
@click.option("--keep", is_flag=True, help="With --find: start from the other invariants too.")
@click.option(
    "--time",
    type=click.FloatRange(min=0, min_open=True),
    help=f"With --find: seconds to look for lemmas.  [default: {TIME_S:g}]",
)
@click.option("--strict", is_flag=True, help="Where nothing is claimed, exit with 4.")
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Prove the invariants of PROTOCOL for any number of elements of every sort.

    Any number of acceptors, ballots, values, faults; any quorum systems that meet as declared. What
    is not proved gets, where one is found at small sizes, a step that breaks it (not inductive) or
    a run (violated).

    \b
    quorate prove Paxos
    quorate prove quorate.model.proofs.paxos:ProvedMultiPaxos --core
    quorate prove Paxos --find
    """
    find, keep, time = options.pop("find"), options.pop("keep"), options.pop("time")
    if find:
        return _find(keep, time, options)
    if keep or time is not None:
        option_error("--keep and --time go with --find")
    from .proving import Prove

    return Prove(**options).run()


def _find(keep: bool, time: float | None, options: dict[str, Any]) -> int:
    if others := given_options() - FINDING:
        option_error(f"--find does not take {min(others)}: paste the lemmas, then prove")
    from .finding import Find

    names = ("protocol", "only", "strict", "as_json")
    return Find(**{n: options[n] for n in names}, keep=keep, time=time or TIME_S).run()
