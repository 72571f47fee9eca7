"""A proof for any number of elements, for people and for programs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from quorate.checker.loading import name_of
from quorate.checker.prove.unbounded import InvariantProof, Obligation, Proof, ProofStatus
from quorate.checker.prove.unbounded.results import DEFINEDNESS
from quorate.model.language import Protocol

from .document import run_json
from .output import Output
from .quorums import mark_of, quorum_json
from .runs import show_step
from .words import by_clock, count, seconds

MARKS = {ProofStatus.PROVED: "ok", ProofStatus.VIOLATED: "bad", ProofStatus.UNDEFINED: "bad"}


def report(out: Output, found: Proof, core: bool) -> None:
    """The result, for people."""
    out.title(f"{found.protocol}  any number of elements of every sort")
    if found.unsupported is not None:
        place = f"{found.where}: " if found.where.line > 0 and found.where.text() else ""
        out.line(f"{place}{found.unsupported}", "warn")
        if found.status is ProofStatus.OPEN:
            return
    for q in found.quorums:
        out.line(str(q), mark_of(q))
    for statement in found.unmet:
        out.line(f"not proved for every number of members: {statement}", "warn")
    if found.spared is not None:
        out.line(
            f"so open whatever follows: at most {found.spared:g} of effort for each obligation"
        )
    for i in found.invariants:
        out.line(line_of(i), MARKS.get(i.status, "warn"))
        for o in i.failed:
            line = o.action_span.line or o.invariant_span.line
            out.line(f"{line}: {o}{by_clock(o.clock)}", indent=2)
            for place in o.places:
                out.line(place, indent=3)
    if core:
        _cores(out, found)
    for i in found.invariants:
        if i.trace is not None:
            _show(out, i)
    _last_lines(out, found)


def unproved_line(target: type[Protocol], names: Collection[str]) -> str:
    """That properties of runs are left to a search."""
    said = f"{count(len(names), 'property')} of runs"
    return f"not proved here: {said} (quorate check {name_of(target)}): {', '.join(names)}"


def _at(i: InvariantProof) -> str:
    return f" at {i.sizes}" if i.sizes else ""


def line_of(i: InvariantProof) -> str:
    """The status of one invariant, in one line."""
    if i.invariant == DEFINEDNESS:
        return _sense_of(i)
    match i.status:
        case ProofStatus.PROVED:
            how = {"consequence": "follows from the others", "inductive": "inductive"}
            return f"{i.invariant}: proved ({how.get(i.how, 'one message per key')})"
        case ProofStatus.NOT_INDUCTIVE if i.note:
            return f"{i.invariant}: not inductive{_at(i)}: {i.note}"
        case ProofStatus.NOT_INDUCTIVE:
            return f"{i.invariant}: not inductive, see below the step{_at(i)}"
        case ProofStatus.VIOLATED if i.note:
            return f"{i.invariant}: violated by a run{_at(i)}: {i.note}"
        case ProofStatus.VIOLATED:
            return f"{i.invariant}: violated, see below the run{_at(i)}"
    if i.rests_on == (DEFINEDNESS,):
        return f"{i.invariant}: open: proved, assuming that every step makes sense"
    rests = f", since it rests on {', '.join(i.rests_on)}" if i.rests_on else ""
    return f"{i.invariant}: open{rests}"


def _sense_of(i: InvariantProof) -> str:
    """Whether every step and invariant is defined in all reachable states."""
    match i.status:
        case ProofStatus.PROVED:
            return "every step makes sense: proved (follows from the invariants)"
        case ProofStatus.UNDEFINED:
            return f"a step is undefined, on a run{_at(i)}: {i.note}"
        case ProofStatus.NOT_INDUCTIVE:
            return f"every step makes sense: not inductive{_at(i)}, reachable or not: {i.note}"
    return "every step makes sense: open"


def _show(out: Output, i: InvariantProof) -> None:
    assert i.trace is not None
    out.line()
    run = i.status is ProofStatus.VIOLATED
    out.title(f"{i.invariant}: {'a run' if run else 'a step'}{_at(i)}")
    if run:
        out.table(i.trace)
    else:
        out.line("from a state where these invariants hold, reachable or not:")
        show_step(out, i.trace)


def _cores(out: Output, found: Proof) -> None:
    out.line()
    out.title("what each obligation needs")
    for o in found.obligations:
        if not o.untouched:
            needs = ", ".join(o.used) or "nothing"
            out.line(f"{o.name}: {o.answer.value}, {seconds(o.seconds)}: {needs}", indent=1)


def _last_lines(out: Output, found: Proof) -> None:
    asked = [o for o in found.obligations if not o.untouched]
    slowest = found.slowest
    text = f"{found.status.value}: {count(len(asked), 'obligation')} in {seconds(found.seconds)}"
    if found.unsupported is not None:
        text = f"{found.status.value} at small sizes; no proof for any size was tried, see above"
    if slowest is not None:
        text += f", the slowest {slowest.name} ({seconds(slowest.seconds)})"
    out.line()
    _second_opinion(out, asked)
    if found.faults:
        out.line(f"any number of faults: {', '.join(found.faults)}")
    out.line(text, MARKS.get(found.status, "warn"))


def _second_opinion(out: Output, asked: list[Obligation]) -> None:
    by_cvc5 = [o.name for o in asked if o.prover == "cvc5"]
    opinions = [o.confirmed for o in asked if o.confirmed is not None]
    if by_cvc5:
        out.line(f"proved by cvc5, left open by Z3: {', '.join(by_cvc5)}", "ok")
    if opinions:
        text = f"cvc5 agrees with {sum(opinions)} of {count(len(opinions), 'proof')}"
        silent = [o.name for o in asked if o.confirmed is False]
        out.line(text + (f"; it does not answer on {', '.join(silent)}" if silent else ""))


def nothing_as_json(target: type[Protocol], warnings: list[str]) -> dict[str, Any]:
    """The result if nothing is claimed, for programs."""
    return {
        "protocol": name_of(target),
        "standing": "open",
        "seconds": 0.0,
        "warnings": warnings,
    }


def as_json(target: type[Protocol], found: Proof) -> dict[str, Any]:
    """The result, for programs."""
    return {
        "protocol": name_of(target),
        "standing": found.status.value,
        "seconds": round(found.seconds, 4),
        "unsupported": found.unsupported,
        "faults": list(found.faults),
        "warnings": [],
        "quorums": [quorum_json(q) for q in found.quorums],
        "invariants": [
            {
                "invariant": i.invariant,
                "standing": i.status.value,
                "how": i.how,
                "rests_on": list(i.rests_on),
                "sizes": i.sizes or None,
                "steps": len(i.trace.steps) if i.trace else None,
                "run": run_json(i.trace) if i.trace else None,
            }
            for i in found.invariants
        ],
        "obligations": [_obligation(o) for o in found.obligations],
    }


def _obligation(o: Obligation) -> dict[str, Any]:
    return {
        "kind": o.kind,
        "action": o.action,
        "invariant": o.invariant,
        "answer": o.answer.value,
        "seconds": round(o.seconds, 4),
        "used": list(o.used),
        "untouched": o.untouched,
        "prover": o.prover,
        "confirmed": o.confirmed,
        "clock": o.clock,
        "places": list(o.places),
        "lines": [o.action_span.line, o.invariant_span.line],
    }
