"""`quorate verify`: explore, prove, mutate, replay, in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import ascii_option, json_option, sizes_option


@click.command("verify")
@click.argument("protocol", required=False)
@sizes_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".quorate"),
    show_default=True,
    help="Where counterexamples are written.",
)
@click.option(
    "--all-mutants", is_flag=True, help="Every bundled mutant that has an implementation."
)
@click.option("--strict", is_flag=True, help="What is open, or warned of, exits with 4.")
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Verify PROTOCOL, or without one the bundled Paxos and its implementation.

    The bundled Paxos is explored to a networkx graph; its invariants are checked by the kernel and
    by Z3, the intersection of its quorums is proved; then real bugs are seeded one by one: each
    must be found, its counterexample must be refused by the healthy implementation and reproduced
    by one with the same bug.

    PROTOCOL (with -s sizes) gets the same treatment up to its own counterexample.
    """
    from .verifying import Verify

    return Verify(**options).run()
