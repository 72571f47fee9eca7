"""The result of a search for lemmas, for people and for programs."""

from __future__ import annotations

import textwrap
from typing import Any

from quorate.checker.loading import name_of
from quorate.checker.synthesis import SynthesisResult, SynthesisStatus
from quorate.model.language import Protocol

from .document import run_json
from .output import Output
from .proof import as_json as proof_as_json
from .runs import show_step
from .words import count, seconds


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
