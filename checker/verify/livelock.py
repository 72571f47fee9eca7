"""Liveness: leaders may outbid each other for ever, and one that is left alone ends that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.checker.liveness.check import after_search
from quorate.checker.liveness.results import Lasso, TemporalCheck, TemporalVerdict
from quorate.model.language import Protocol


@dataclass(frozen=True, eq=False)
class Contest:
    """A protocol whose leaders may outbid each other for ever, and the same with a stable one.

    `claim` is a property of runs that only the second has. `endless` says what goes on for ever,
    `settled` what holds once it does not.
    """

    question: str
    endless: str
    settled: str
    duel: type[Protocol]
    stable: type[Protocol]
    sizes: Mapping[str, int]
    claim: str


@dataclass(frozen=True)
class LivelockBegun:
    """Reported before the duel is looked at."""

    contest: Contest


@dataclass(frozen=True)
class Livelock:
    """The same claim, of the duel and with a stable leader."""

    contest: Contest
    duel: TemporalCheck
    stable: TemporalCheck

    @property
    def lasso(self) -> Lasso | None:
        """The endless duel."""
        return self.duel.lasso

    @property
    def as_expected(self) -> bool:
        """Whether the duel can go on for ever, and the stable leader ends it."""
        return self.lasso is not None and self.stable.verdict is TemporalVerdict.HOLDS


def find_livelock(contest: Contest) -> Livelock:
    """Look for the endless duel, and for one in spite of a stable leader."""
    return Livelock(contest, _check(contest, contest.duel), _check(contest, contest.stable))


def _check(contest: Contest, protocol: type[Protocol]) -> TemporalCheck:
    explorer = Explorer(protocol, protocol.sized({}, **contest.sizes))
    (check,) = after_search(explorer, explorer.run(coverage=False), [contest.claim]).checks
    return check
