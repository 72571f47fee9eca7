"""`quorate refine`: check that every step of one protocol is a step, or none, of a simpler one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import Bytes, ascii_option, json_option, sizes_option


@click.command("refine")
@click.argument("concrete")
@click.argument("abstract", required=False)
@sizes_option
@click.option("--mapping", help="Your own mapping: path.py:function.")
@click.option("--prove", is_flag=True, help="Prove it too, for any number of elements.")
@click.option("--memory", type=Bytes(), help="Stop when the states need more than this: 8GiB.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many states.")
@click.option("--trace", type=click.Path(path_type=Path), help="Write the failing run (ITF).")
@click.option("--strict", is_flag=True, help="Warnings make the result inconclusive (exit 4).")
@json_option
@ascii_option
def command(**options: Any) -> int:
    """Check that CONCRETE implements ABSTRACT, step by step.

    Every reachable step of CONCRETE, read through a mapping, must be a step of ABSTRACT or change
    nothing there. Mappings are bundled for PaxosRoles to Paxos, Paxos to Voting, Voting to
    Consensus and PaxosRoles to Consensus; without ABSTRACT all from CONCRETE on are checked. A
    modification is mapped like what it modifies, and may be held against that itself. Sizes are
    those of CONCRETE.

    With --prove what holds there is proved for any number of elements; where that fails, the
    answer is open (exit 4).

    \b
    quorate refine Paxos -s Acceptor=3,Ballot=2,Value=2
    quorate refine my.py:My Voting --mapping my.py:to_voting -s Acceptor=3,Ballot=2,Value=2
    """
    from .refining import Refine

    return Refine(**options).run()
