"""The duel of two proposers (§2.4), in the simulator: what it takes, and what ends it.

A proposer that tries again after a fixed delay can meet another one that does the same: each
prepares before the other's votes are in, for ever. The healthy proposer waits for a random while
that grows; or an election has only one of them try again.
"""

from __future__ import annotations

from typing import Final

from quorate.impl.simulation.faults import Faults

from .composition import Composition
from .messages import Prepare
from .outputs import SetTimer
from .proposer import RETRY, Proposer
from .report import Report

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


def rounds(report: Report) -> int:
    """The number of ballots that were prepared until the first value was committed."""
    ballots = set()
    for event in report.log:
        if event.kind == "commit":
            break
        if isinstance(event.message, Prepare):
            ballots.add(event.message.ballot)
    return len(ballots)
