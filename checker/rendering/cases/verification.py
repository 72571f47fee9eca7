"""The cases of all checks of a protocol at once, and of bugs that were seeded."""

from __future__ import annotations

from collections.abc import Iterator

from quorate.checker.conform.replaying.replay import Replay, ReplayVerdict
from quorate.checker.explore.claims import claimed, claimed_of_rest
from quorate.checker.liveness.results import Liveness
from quorate.checker.prove.quorums import QuorumProof
from quorate.checker.rendering.replays import outcome
from quorate.checker.reports.cases import (
    NONCONFORMING,
    UNEXPECTED,
    VIOLATED,
    CaseStatus,
    ReportCase,
    Suite,
)
from quorate.checker.verify import Counterexample, Verification, VerifiedProtocol

from .searches import of_search


def of_verification(found: Verification) -> tuple[Suite, ...]:
    """A suite for each protocol, one for livelocks, and one for the bugs that were seeded."""
    suites = [Suite(p.protocol.__name__, tuple(_protocol(p))) for p in found.protocols]
    duels = [(x.contest.duel.__name__, x.as_expected, x.contest.question) for x in found.livelocks]
    bugs = [(m.name, m.as_expected, m.title) for m in found.mutants]
    for name, cases in (("livelocks", duels), ("seeded bugs", bugs)):
        if cases:
            suites.append(Suite(name, tuple(_expected(*case) for case in cases)))
    return tuple(suites)


def _expected(name: str, as_expected: bool, said: str) -> ReportCase:
    status = CaseStatus.PASSED if as_expected else CaseStatus.FAILED
    return ReportCase(name, UNEXPECTED, status, said)


def _protocol(p: VerifiedProtocol) -> Iterator[ReportCase]:
    names = [*claimed(p.protocol, None), *claimed_of_rest(p.protocol)]
    run = p.only(Counterexample)
    trace = None if run is None else run.trace
    yield from of_search(p.protocol, names, p.exploration, trace, p.only(Liveness))
    for q in p.of(QuorumProof):
        if q.refuted:
            yield ReportCase(q.statement, VIOLATED, CaseStatus.FAILED, str(q))
    for number, replayed in enumerate(p.replays, start=1):
        yield _replay(number, replayed)


def _replay(number: int, found: Replay) -> ReportCase:
    name, diverges = f"replay {number}", found.verdict is ReplayVerdict.DIVERGES
    status = CaseStatus.FAILED if diverges else CaseStatus.PASSED
    return ReportCase(name, NONCONFORMING, status, outcome(found) if diverges else "")
