"""The duel of two proposers (§2.4), in the simulator: what it takes, and what ends it.

A proposer that tries again after a fixed delay can meet another one that does the same: each
prepares before the other's votes are in, for ever. The healthy proposer waits for a random while
that grows; or an election has only one of them try again. `python -m quorate.impl.paxos.duel` runs
all three, and says how many ballots each takes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from quorate.impl.simulation.faults import Faults

from .composition import HEALTHY, Composition
from .messages import Prepare
from .outputs import SetTimer
from .proposer import RETRY, Proposer
from .report import Report
from .simulate import simulate

WANTED: Final = {"n0": "a", "n1": "b"}
RETRY_S: Final = 0.12
GIVEN_UP_S: Final = 60.0

#: A network that takes 50 ms for every message: the proposers stay in step.
IN_STEP: Final = Faults(min_delay_s=0.05, max_delay_s=0.05)


class FixedDelay(Proposer):
    """Tries again after a fixed delay, whatever happened."""

    def _retry_later(self) -> SetTimer:
        return SetTimer(RETRY, RETRY_S)


class Elected(FixedDelay):
    """The same, but only the first node tries again: the one that an election would choose."""

    def _retry_later(self) -> SetTimer:
        leads = self.name == min(self.acceptors)
        return SetTimer(RETRY, RETRY_S if leads else GIVEN_UP_S)


STUBBORN: Final = Composition(
    name="stubborn",
    title="retries after a fixed delay",
    reference="Lamport, Paxos Made Simple, 2001, §2.4",
    proposer=FixedDelay,
)
ELECTED: Final = Composition(
    name="elected",
    title="only one proposer retries, after a fixed delay",
    reference="Lamport, Paxos Made Simple, 2001, §2.4",
    proposer=Elected,
)


def duel(seed: int, composition: Composition) -> Report:
    """Two proposers in step, who want different values, among three acceptors."""
    return simulate(3, seed, IN_STEP, WANTED, composition)


def rounds(report: Report) -> int:
    """The number of ballots that were prepared until the first value was committed."""
    ballots = set()
    for event in report.log:
        if event.kind == "commit":
            break
        if isinstance(event.message, Prepare):
            ballots.add(event.message.ballot)
    return len(ballots)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m quorate.impl.paxos.duel",
        description="Simulate two proposers of Paxos that outbid each other, and what ends it.",
    )
    parser.add_argument("--seed", type=int, default=6, help="of the delays (6)")
    seed = parser.parse_args(arguments).seed
    ways = (
        ("both retry after a fixed delay", STUBBORN),
        ("both wait for a random while first", HEALTHY),
        ("an election lets one retry alone", ELECTED),
    )
    for way, composition in ways:
        report = duel(seed, composition)
        sys.stdout.write(f"{way}: {rounds(report):,} ballots, {_ending(report)}\n")
    return 0


def _ending(report: Report) -> str:
    first = next((e for e in report.log if e.kind == "commit"), None)
    if first is None:
        return f"no decision in {report.virtual_s:.0f} s"
    return f"{report.decided} decided after {first.at_s:.2f} s"


if __name__ == "__main__":
    sys.exit(main())
