"""The work of `quorate prove`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.checker.errors import InputError
from quorate.checker.explore.claims import nothing_claimed
from quorate.checker.loading import load_protocol, name_of
from quorate.checker.prove.unbounded import (
    InvariantProof,
    Obligation,
    Proof,
    ProofStatus,
    UnsupportedError,
    prove_unbounded,
    write_smt2,
)
from quorate.checker.prove.unbounded.cvc5_prover import require_cvc5
from quorate.checker.prove.unbounded.results import DEFINEDNESS
from quorate.checker.rendering.document import envelope, run_json
from quorate.checker.rendering.output import Output
from quorate.checker.rendering.quorums import mark_of, quorum_json
from quorate.checker.rendering.runs import show_step
from quorate.checker.rendering.words import by_clock, count, seconds
from quorate.model.language import Protocol

from .console import print_document, progress
from .main import INCONCLUSIVE, MODEL, VIOLATED

CODES = {
    ProofStatus.PROVED: 0,
    ProofStatus.OPEN: INCONCLUSIVE,
    ProofStatus.NOT_INDUCTIVE: INCONCLUSIVE,
    ProofStatus.VIOLATED: VIOLATED,
    ProofStatus.UNDEFINED: MODEL,
}
NO_INITIAL = "nothing is claimed: there is no initial state, no choice of @init is possible"
MARKS = {ProofStatus.PROVED: "ok", ProofStatus.VIOLATED: "bad", ProofStatus.UNDEFINED: "bad"}


@dataclass
class Prove:
    """One run of the verb; the fields are its options."""

    protocol: str
    seed: int
    effort: float
    only: tuple[str, ...]
    core: bool
    smt2: Path | None
    cvc5: bool
    refute: bool
    strict: bool
    as_json: bool

    def run(self) -> int:
        """Prove, report, write; returns the exit code."""
        target = load_protocol(self.protocol)
        out = Output()
        if warnings := nothing_claimed(target):
            return nothing_to_prove(out, target, warnings, self.strict, self.as_json)
        if self.cvc5:
            require_cvc5()
        if self.smt2 is not None:
            self._write(target)
        with progress(lambda o: f"{o.name}: {o.answer.value}, {seconds(o.seconds)}") as say:
            found = self._prove(target, say)
        if found.vacuous:
            return nothing_to_prove(out, target, [NO_INITIAL], self.strict, self.as_json)
        if self.as_json:
            print_document(envelope("prove", CODES[found.status], as_json(target, found)))
        else:
            report(out, found, self.core)
            if self.smt2 is not None:
                out.line(f"obligations written to {self.smt2}")
        return CODES[found.status]

    def _prove(self, target: type[Protocol], say: Any) -> Proof:
        try:
            return prove_unbounded(
                target,
                seed=self.seed,
                effort=self.effort,
                invariants=self.only or None,
                refute=self.refute,
                shrink=self.core,
                cvc5=self.cvc5,
                report=say,
            )
        except ValueError as error:
            raise InputError(str(error)) from None

    def _write(self, target: type[Protocol]) -> None:
        assert self.smt2 is not None
        try:
            write_smt2(target, self.smt2, self.only or None)
        except ValueError as error:
            raise InputError(str(error)) from None
        except UnsupportedError:
            return  # the proof says so


def nothing_to_prove(
    out: Output, target: type[Protocol], warnings: list[str], strict: bool, as_json: bool
) -> int:
    """Say why nothing is claimed; returns the exit code, which is a pass only if not strict."""
    code = INCONCLUSIVE if strict else 0
    if as_json:
        body = {"protocol": name_of(target), "standing": "open", "warnings": warnings}
        print_document(envelope("prove", code, body))
    else:
        for warning in warnings:
            out.line(warning, "warn")
    return code


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


def _at(i: InvariantProof) -> str:
    return f" at {i.sizes}" if i.sizes else ""


def line_of(i: InvariantProof) -> str:
    """What is known of one invariant, in one line."""
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
    """Whether every step and every invariant has a value wherever a run gets."""
    match i.status:
        case ProofStatus.PROVED:
            return "every step makes sense: proved (follows from the invariants)"
        case ProofStatus.UNDEFINED:
            return f"a step makes no sense, on a run{_at(i)}: {i.note}"
        case ProofStatus.NOT_INDUCTIVE:
            return (
                f"every step makes sense: not inductive{_at(i)}, whether a run gets there or "
                f"not: {i.note}"
            )
    return "every step makes sense: open"


def _show(out: Output, i: InvariantProof) -> None:
    assert i.trace is not None
    out.line()
    run = i.status is ProofStatus.VIOLATED
    out.title(f"{i.invariant}: {'a run' if run else 'a step'}{_at(i)}")
    if run:
        out.table(i.trace)
    else:
        out.line("from a state where these invariants hold, whether a run gets there or not:")
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
