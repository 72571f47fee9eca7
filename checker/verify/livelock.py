"""Liveness of Paxos: two proposers may outbid each other for ever, and an election ends that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.liveness.check import after_search
from quorate.checker.liveness.results import Lasso, TemporalCheck, TemporalVerdict
from quorate.model.duel import Duel, ElectedDuel
from quorate.model.language import Protocol

SIZES = {"Proposer": 2, "Acceptor": 3}
CLAIM = "something_is_decided"


@dataclass(frozen=True)
class Livelock:
    """The same claim, that something is decided, of the duel and with an election."""

    duel: TemporalCheck
    elected: TemporalCheck

    @property
    def lasso(self) -> Lasso | None:
        """The endless duel."""
        return self.duel.lasso

    @property
    def as_expected(self) -> bool:
        """Whether the duel can go on for ever, and the election ends it."""
        return self.lasso is not None and self.elected.verdict is TemporalVerdict.HOLDS


@dataclass(frozen=True)
class LivelockBegun:
    """Reported before the duel is looked at."""


def find_livelock(report: Callable[[object], None]) -> Livelock:
    """Look for the duel. `report` is called with LivelockBegun, then with the Livelock."""
    report(LivelockBegun())
    found = Livelock(_check(Duel), _check(ElectedDuel))
    report(found)
    return found


def _check(protocol: type[Protocol]) -> TemporalCheck:
    explorer = Explorer(protocol, protocol.sized({}, **SIZES))
    (check,) = after_search(explorer, explorer.run(coverage=False), [CLAIM]).checks
    return check
