"""The work of `quorate prove --find`."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

from quorate.checker.errors import InputError
from quorate.checker.explore.claims import nothing_claimed
from quorate.checker.loading import load_protocol, name_of
from quorate.checker.rendering.document import envelope, run_json
from quorate.checker.rendering.output import Output
from quorate.checker.rendering.runs import show_step
from quorate.checker.rendering.words import count, seconds
from quorate.checker.synthesis import (
    SynthesisProgress,
    SynthesisResult,
    SynthesisStatus,
    find_invariants,
)
from quorate.model.language import Protocol

from .console import print_document, progress
from .main import INCONCLUSIVE, VIOLATED
from .proving import as_json as proof_as_json
from .proving import nothing_to_prove

CODES = {
    SynthesisStatus.PROVED: 0,
    SynthesisStatus.VIOLATED: VIOLATED,
    SynthesisStatus.OPEN: INCONCLUSIVE,
}


@dataclass
class Find:
    """One run of the verb; the fields are its options."""

    protocol: str
    only: tuple[str, ...]
    keep: bool
    time: float
    strict: bool
    as_json: bool

    def run(self) -> int:
        """Look for invariants, report; returns the exit code."""
        target = load_protocol(self.protocol)
        out = Output()
        if warnings := nothing_claimed(target):
            return nothing_to_prove(out, target, warnings, self.strict, self.as_json)
        with progress(progress_line) as say:
            found = self._find(target, say)
        if self.as_json:
            print_document(envelope("prove", CODES[found.status], as_json(target, found)))
        else:
            report(out, found)
        return CODES[found.status]

    def _find(self, target: type[Protocol], say: Any) -> SynthesisResult:
        try:
            return find_invariants(
                target, self.only or None, keep=self.keep, seconds=self.time, report=say
            )
        except ValueError as error:
            raise InputError(str(error)) from None


def progress_line(p: SynthesisProgress) -> str:
    """Where the search is, in one line."""
    kept = count(p.kept, "lemma")
    return f"{p.doing}: {count(p.tried, 'candidate')} tried, {kept} kept, {seconds(p.seconds)}"


def report(out: Output, found: SynthesisResult) -> None:
    """The result, for people."""
    out.title(f"{found.protocol}  invariants by which {', '.join(found.goals)} holds")
    if found.status is SynthesisStatus.VIOLATED:
        out.line(f"{found.broken} is violated by a run at {found.sizes}", "bad")
        _show(out, found)
        return
    out.line(
        f"{count(found.tried, 'candidate')} tried, {found.refuted:,} refuted by all the states "
        f"explored, {count(len(found.lemmas), 'lemma')} kept"
    )
    if found.status is SynthesisStatus.PROVED:
        _proved(out, found)
    else:
        _open(out, found)


def _proved(out: Output, found: SynthesisResult) -> None:
    assert found.proof is not None
    _lemmas(out, found, "to paste into the class")
    asked = sum(not o.untouched for o in found.proof.obligations)
    out.line(
        f"proved for any number of elements: {', '.join(found.goals)}, with "
        f"{count(len(found.lemmas), 'lemma')}, {count(asked, 'obligation')}; "
        f"found in {seconds(found.seconds)}",
        "ok",
    )


def _open(out: Output, found: SynthesisResult) -> None:
    held = "inductive together" if found.inductive else "true of every state explored"
    _lemmas(out, found, f"{held} at {found.sizes}" if found.inductive else held)
    if found.trace is not None:
        out.line(f"a step that breaks {found.broken}, from a state that no candidate excludes:")
        show_step(out, found.trace)
    out.line(f"open: {found.why}, after {seconds(found.seconds)}", "warn")


def _lemmas(out: Output, found: SynthesisResult, what: str) -> None:
    if found.lemmas:
        out.line()
        out.title(f"{count(len(found.lemmas), 'lemma')}, {what}")
        out.line()
        out.block(textwrap.indent("\n".join(found.lemmas.values()), "    "))
        out.line()


def _show(out: Output, found: SynthesisResult) -> None:
    if found.trace is not None:
        out.line()
        out.table(found.trace)


def as_json(target: type[Protocol], found: SynthesisResult) -> dict[str, Any]:
    """The result, for programs."""
    return {
        "protocol": name_of(target),
        "goals": list(found.goals),
        "verdict": found.status.value,
        "why": found.why or None,
        "lemmas": found.lemmas,
        "proof": proof_as_json(target, found.proof) if found.proof else None,
        "broken": found.broken or None,
        "steps": len(found.trace.steps) if found.trace else None,
        "run": run_json(found.trace) if found.trace else None,
        "sizes": found.sizes or None,
        "inductive": found.inductive,
        "tried": found.tried,
        "refuted": found.refuted,
        "seconds": round(found.seconds, 4),
        "cpu_seconds": round(found.cpu_seconds, 4),
    }
