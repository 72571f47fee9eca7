"""`quorate prove`: show that the invariants hold for any number of elements of every sort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

SCHEMA = 1


@click.command("prove")
@click.argument("protocol")
@click.option("--seed", default=0, show_default=True, help="Z3's random seed.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Seconds for each obligation.",
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
    "--refute/--no-refute",
    default=True,
    help="Look at small sizes for what breaks that which is not proved.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--ascii", "ascii_only", is_flag=True, help="No characters outside ASCII.")
def command(**options: Any) -> int:
    """Prove the invariants of PROTOCOL for any number of elements of every sort.

    Any number of acceptors, ballots, values, faults; any quorum systems that meet as declared. What
    is not proved gets, where one is found at small sizes, a step that breaks it (not inductive) or
    a run (violated).

    \b
    quorate prove Paxos
    quorate prove quorate.model.proofs:ProvedMultiPaxos --core
    """
    from .proving import Prove

    return Prove(**options).run()
