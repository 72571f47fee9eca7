"""The cases of a proof: an invariant each."""

from __future__ import annotations

from quorate.checker.prove.unbounded import InvariantProof, Proof, ProofStatus
from quorate.checker.rendering import proof
from quorate.checker.reports.cases import UNDEFINED, UNPROVED, VIOLATED, CaseStatus, ReportCase
from quorate.model.language import Protocol

from .places import place_at, place_of


def of_proof(protocol: type[Protocol], found: Proof) -> tuple[ReportCase, ...]:
    """A case for each invariant, and one for each pair of quorum systems that must meet."""
    cases = [_proved(protocol, i) for i in found.invariants]
    for q in found.quorums:
        status = (
            CaseStatus.FAILED if q.refuted else CaseStatus.PASSED if q.holds else CaseStatus.OPEN
        )
        rule = VIOLATED if q.refuted else UNPROVED
        cases.append(ReportCase(q.statement, rule, status, "" if q.holds else str(q)))
    if found.unsupported is not None:
        place = place_at(found.where)
        cases.append(ReportCase("any size", UNPROVED, CaseStatus.OPEN, found.unsupported, place))
    return tuple(cases)


def _proved(protocol: type[Protocol], i: InvariantProof) -> ReportCase:
    statuses = {
        ProofStatus.PROVED: (UNPROVED, CaseStatus.PASSED),
        ProofStatus.VIOLATED: (VIOLATED, CaseStatus.FAILED),
        ProofStatus.UNDEFINED: (UNDEFINED, CaseStatus.ERROR),
    }
    rule, status = statuses.get(i.status, (UNPROVED, CaseStatus.OPEN))
    spans = [o.invariant_span for o in i.failed if o.invariant_span.line]
    place = place_of(protocol, i.invariant) or next(map(place_at, spans), None)
    if status is CaseStatus.PASSED:
        return ReportCase(i.invariant, rule, status, "", place)
    failed = "\n".join(f"{o.action_span.line or o.invariant_span.line}: {o}" for o in i.failed)
    said = proof.line_of(i).replace(", see below the step", "").replace(", see below the run", "")
    return ReportCase(i.invariant, rule, status, said, place, i.trace, failed)
