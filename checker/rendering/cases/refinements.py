"""The case of a refinement."""

from __future__ import annotations

from quorate.checker.refine.explored import RefinementCheck, RefinementStatus
from quorate.checker.rendering import refinement
from quorate.checker.reports.cases import (
    INCONCLUSIVE,
    NOT_REFINED,
    UNDEFINED,
    UNPROVED,
    CaseStatus,
    ReportCase,
)
from quorate.traces import Trace

from .places import last_step


def of_refinement(found: RefinementCheck, run: Trace | None, unproved: bool) -> ReportCase:
    """The case of one refinement; `unproved` says that a proof was asked for, and there is none."""
    name = str(found.refinement)
    place = last_step(run)
    said = refinement.finding_line(found) or ""
    match found.status:
        case RefinementStatus.FAILS:
            return ReportCase(name, NOT_REFINED, CaseStatus.FAILED, said, place, run)
        case RefinementStatus.UNDEFINED:
            return ReportCase(name, UNDEFINED, CaseStatus.ERROR, said, place, run)
        case RefinementStatus.REFINES if found.nothing is None and not unproved:
            return ReportCase(name, NOT_REFINED, CaseStatus.PASSED)
    if unproved:
        return ReportCase(name, UNPROVED, CaseStatus.OPEN, f"{name}: not proved for any size")
    return ReportCase(
        name, INCONCLUSIVE, CaseStatus.OPEN, found.nothing or "not every step was looked at"
    )
