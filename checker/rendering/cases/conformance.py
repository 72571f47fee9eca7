"""The cases of an implementation: a difference each; and that of a log."""

from __future__ import annotations

from collections.abc import Sequence

from quorate.checker.conform.driving.conformance import Driven, Verdict
from quorate.checker.conform.driving.repeating import FoundDifference
from quorate.checker.conform.logs.outcome import LogVerdict, Validation
from quorate.checker.conform.replaying.battery import MutantReplayed
from quorate.checker.rendering import conformance, logs
from quorate.checker.rendering.output import plain_text
from quorate.checker.reports.cases import (
    INCONCLUSIVE,
    NONCONFORMING,
    UNEXPLAINED,
    CaseStatus,
    ReportCase,
    SourcePlace,
)
from quorate.model.language import Protocol

from .places import place_of_action


def of_conformance(
    protocol: type[Protocol], what: str, found: Driven, mutants: Sequence[MutantReplayed]
) -> tuple[ReportCase, ...]:
    """A case for each difference that is not accepted and each bug of a mutant, or one for all."""
    cases = [_difference(protocol, what, d) for d in found.differences if d.accepted is None]
    cases += [
        ReportCase(
            m.name, NONCONFORMING, CaseStatus.FAILED, f"{what} has the bug {m.name}", None, m.trace
        )
        for m in mutants
        if m.has_bug
    ]
    if found.verdict is Verdict.INCONCLUSIVE:
        said = "; ".join(found.reasons)
        cases.append(ReportCase("conformance", INCONCLUSIVE, CaseStatus.OPEN, f"{what}: {said}"))
    return tuple(cases) or (ReportCase("conformance", NONCONFORMING, CaseStatus.PASSED),)


def _difference(protocol: type[Protocol], what: str, d: FoundDifference) -> ReportCase:
    said = conformance.difference_line(what, d)
    told = plain_text(lambda out: conformance.show_both_sides(out, d))
    return ReportCase(
        d.name,
        NONCONFORMING,
        CaseStatus.FAILED,
        said,
        place_of_action(protocol, d.action),
        d.trace,
        told,
    )


def of_log(model: str, found: Validation) -> ReportCase:
    """The case of a log."""
    name = ", ".join(found.files)
    if found.verdict is LogVerdict.EXPLAINED:
        return ReportCase(name, UNEXPLAINED, CaseStatus.PASSED)
    told = plain_text(lambda out: logs.report(out, model, found))
    at = None if found.failure is None else found.failure.place
    place = None if at is None else SourcePlace(at.file, at.line)
    if found.verdict is LogVerdict.INCONCLUSIVE:
        said = found.reason or "not everything was compared"
        return ReportCase(name, INCONCLUSIVE, CaseStatus.OPEN, said, place, None, told)
    said = logs.finding_line(model, found) or ""
    return ReportCase(name, UNEXPLAINED, CaseStatus.FAILED, said, place, None, told)
