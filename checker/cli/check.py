"""`quorate check`: explore every reachable state, check the invariants, show what breaks them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .main import INCONCLUSIVE, INTERRUPTED, MODEL, VIOLATED
from .options import Bytes, ascii_option, json_option, sizes_option
from .ways import SEARCHES


@click.command("check")
@click.argument("protocol")
@sizes_option
@click.option(
    "-i", "--invariant", "only", multiple=True, help="Check this invariant alone (repeatable)."
)
@click.option(
    "--memory",
    type=Bytes(),
    help="What the states may take: 8GiB. Breadth-first search goes on on disk beyond it.",
)
@click.option(
    "--spill",
    type=click.Path(path_type=Path),
    help="The folder for that; by default, one for temporary files.",
)
@click.option("--checkpoint", metavar="DIR", help="Keep the search in a folder, and go on from it.")
@click.option(
    "--every",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How often to make a checkpoint.  [default: 60]",
)
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many states.")
@click.option("--trace", type=click.Path(path_type=Path), help="Write the counterexample (ITF).")
@click.option(
    "--graph",
    type=click.Path(path_type=Path),
    help="Write the state graph: .graphml, .dot or .json.",
)
@click.option(
    "--bmc",
    type=click.IntRange(min=0),
    metavar="K",
    help="Ask a SAT solver about every run of at most K steps instead of exploring.",
)
@click.option(
    "--induction",
    type=click.IntRange(min=1),
    metavar="K",
    help="Show by k-induction, k up to K, that the invariants hold, instead of exploring.",
)
@click.option(
    "--symmetry",
    is_flag=True,
    help="Expand one state of each orbit of interchangeable elements; exact.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 255),
    help="Search on several cores; the result is the same.",
)
@click.option(
    "--search",
    type=click.Choice(SEARCHES),
    default=SEARCHES[0],
    show_default=True,
    help="In which order; the last three are for spaces that cannot be exhausted.",
)
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    help="The longest path that --search depth-first or random follows.",
)
@click.option("--walks", type=click.IntRange(min=1), help="How many --search random takes.")
@click.option("--seed", type=click.IntRange(min=0), help="Another seed, other --search random.")
@click.option(
    "--ray",
    metavar="ADDRESS",
    help="Search on a Ray cluster: auto, an address, or local to start one here.",
)
@click.option("--workers", type=click.IntRange(min=1), help="How many, with --ray.")
@click.option(
    "--por",
    is_flag=True,
    help="Partial-order reduction: leave out steps without which no violation is missed.",
)
@click.option("--reference", is_flag=True, help="Use the plain-Python reference explorer.")
@click.option("--strict", is_flag=True, help="Warnings make the result inconclusive (exit 4).")
@click.option("--coverage", is_flag=True, help="Show how often each guard stopped each action.")
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Explore every reachable state of PROTOCOL and check its invariants.

    PROTOCOL is path.py:Class, module:Class, or a bundled one: Paxos, PaxosRoles, TwoPhaseCommit,
    MultiPaxos, Raft.

    \b
    quorate check Paxos -s Acceptor=3,Ballot=2,Value=2
    """
    from .checking import Check

    return Check(**options).run()


def exit_code(outcome: str, warned: bool, strict: bool) -> int:
    """The exit code for how a search ended."""
    codes = {"violated": VIOLATED, "undefined": MODEL, "interrupted": INTERRUPTED, "holds": 0}
    code = codes.get(outcome, INCONCLUSIVE)
    return INCONCLUSIVE if code == 0 and warned and strict else code
