"""The cases of a search: a property each."""

from __future__ import annotations

from collections.abc import Sequence

from quorate.checker.liveness.results import Liveness, TemporalCheck, TemporalVerdict
from quorate.checker.rendering import exploration, liveness
from quorate.checker.rendering.runs import undefined_line
from quorate.checker.reports.cases import INCONCLUSIVE, UNDEFINED, VIOLATED, CaseStatus, ReportCase
from quorate.checker.results import NO_STATE, Exploration, Outcome
from quorate.model.language import Protocol
from quorate.traces import Trace

from .places import last_step, place_at, place_of


def of_search(
    protocol: type[Protocol],
    invariants: Sequence[str],
    found: Exploration,
    run: Trace | None,
    runs: Liveness | None,
) -> tuple[ReportCase, ...]:
    """A case for each invariant (or freedom from deadlock) and each property of runs.

    `run` is the run to what was found. If a step is undefined, that is one more.
    """
    cases = [_invariant(protocol, name, found, run) for name in invariants]
    if found.undefined is not None:
        cases.append(undefined_case(found, run))
    if runs is not None:
        wrong = runs.wrong
        ended = found.initial is not None
        cases += [
            _of_runs(protocol, check, run if check is wrong else None, runs.reason, ended)
            for check in runs.checks
        ]
    return tuple(cases)


def undefined_case(found: Exploration, run: Trace | None) -> ReportCase:
    """That a search ended at an undefined step or property."""
    at = found.undefined
    assert at is not None
    said = f"{undefined_line(at, len(found.path))}: {at.what}"
    return ReportCase(at.name, UNDEFINED, CaseStatus.ERROR, said, place_at(at.span), run)


def _invariant(
    protocol: type[Protocol], name: str, found: Exploration, run: Trace | None
) -> ReportCase:
    if found.violated == name:
        said = exploration.finding_line(found) or ""
        place = place_of(protocol, name) or last_step(run)
        return ReportCase(name, VIOLATED, CaseStatus.FAILED, said, place, run)
    status, said = _undecided(found)
    return ReportCase(name, INCONCLUSIVE, status, said, place_of(protocol, name))


def _undecided(found: Exploration) -> tuple[CaseStatus, str]:
    """What is known of a property of which a search did not find that it is violated."""
    if found.complete:
        return (CaseStatus.PASSED, "") if found.states else (CaseStatus.OPEN, NO_STATE)
    if found.outcome is Outcome.VIOLATED:
        return CaseStatus.SKIPPED, f"the search ended when {found.violated} was violated"
    if found.outcome is Outcome.UNDEFINED:
        return CaseStatus.SKIPPED, "the search ended where the model is undefined"
    return CaseStatus.OPEN, found.outcome.value


def _of_runs(
    protocol: type[Protocol],
    check: TemporalCheck,
    run: Trace | None,
    reason: str | None,
    ended: bool,
) -> ReportCase:
    place = place_of(protocol, check.name)
    match check.verdict:
        case TemporalVerdict.HOLDS:
            return ReportCase(check.name, VIOLATED, CaseStatus.PASSED, "", place)
        case TemporalVerdict.OPEN:
            status = CaseStatus.SKIPPED if ended else CaseStatus.OPEN
            return ReportCase(check.name, INCONCLUSIVE, status, reason or "", place)
        case TemporalVerdict.UNDEFINED:
            said = liveness.finding_line(check)
            return ReportCase(check.name, UNDEFINED, CaseStatus.ERROR, said, place, run)
    return ReportCase(
        check.name, VIOLATED, CaseStatus.FAILED, liveness.finding_line(check), place, run
    )
