"""A check that one protocol refines another, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quorate.checker.loading import name_of
from quorate.checker.refine.abstract import Attempt, StateDifference
from quorate.checker.refine.explored import RefinementCheck, RefinementFailure, RefinementStatus
from quorate.checker.refine.proof import RefinementProof
from quorate.traces import Absent, Trace, show

from . import refinement_proof
from .document import run_json
from .output import Output
from .runs import show_found, undefined_line
from .words import count, seconds


def finding_line(found: RefinementCheck) -> str | None:
    """What is wrong, in one line; None if no failure was found."""
    if found.undefined is not None:
        assert found.undefined.undefined is not None
        return undefined_line(found.undefined.undefined, len(found.undefined.path))
    concrete, abstract = found.refinement.concrete.__name__, found.refinement.abstract.__name__
    if found.image is not None:
        number = len(found.image.trace.steps)
        return f"{abstract} is undefined before step {number}: {found.image.what}"
    if (failure := found.failure) is None:
        return None
    if failure.move is None:
        return f"{concrete} does not refine {abstract}: an initial state maps to no initial state"
    arguments = ", ".join(map(repr, failure.move.arguments))
    step = f"step {len(failure.trace.steps)}, {failure.move.action}({arguments})"
    return f"{concrete} does not refine {abstract}: {step}"


# ---------------------------------------------------------------- for people


def report(out: Output, found: RefinementCheck, run: Trace | None) -> None:
    """The result of one check; `run` leads to the step that fails or is undefined."""
    concrete, abstract = found.refinement.concrete.__name__, found.refinement.abstract.__name__
    size = f"{count(found.states, 'state')}, {count(found.transitions, 'transition')}"
    out.title(f"{concrete} as {abstract}  {found.sizes}")
    match found.status:
        case RefinementStatus.REFINES if found.nothing is not None:
            out.line(f"{size}, {seconds(found.seconds)}")
        case RefinementStatus.REFINES:
            out.line(f"{concrete} refines {abstract}: {size}, {seconds(found.seconds)}", "ok")
        case RefinementStatus.INCONCLUSIVE:
            out.line(f"stopped; every step so far is one of {abstract}: {size}", "warn")
        case RefinementStatus.UNDEFINED:
            out.line(f"{finding_line(found)}: {size}, {seconds(found.seconds)}", "bad")
            if found.undefined is not None:
                show_found(out, run, found.undefined.path)
            elif run is not None:
                out.line()
                out.table(run)
            return
        case RefinementStatus.FAILS:
            assert found.failure is not None
            out.line(finding_line(found) or "", "bad")
            _failure(out, found, found.failure)
            return
    _readings(out, found)
    for warning in found.warnings():
        out.line(warning, "warn")


def _readings(out: Output, found: RefinementCheck) -> None:
    """The abstract actions that each concrete action maps to."""
    width = max(map(len, found.readings), default=0)
    for action, readings in found.readings.items():
        shown = [f"{read or 'nothing'} {times:,}" for read, times in sorted(readings.items())]
        out.line(f"{action:<{width}}  → {', '.join(reversed(shown)) or 'never'}", indent=1)


def _failure(out: Output, found: RefinementCheck, failure: RefinementFailure) -> None:
    abstract, steps = found.refinement.abstract.__name__, len(failure.trace.steps)
    out.line()
    out.table(failure.trace)
    out.line()
    if failure.move is None:
        out.line(f"where {abstract} starts, and what the mapping gives instead:")
    else:
        out.line(f"read by the mapping, step {steps} does this to the state of {abstract}:")
    if failure.change is not None:
        for line in difference_lines(failure.change):
            out.line(line, indent=1)
    if failure.move is not None:
        most = found.refinement.steps
        within = "step" if most == 1 else f"sequence of {most} steps"
        out.line(f"no {within} of {abstract} does that")
    if failure.nearest is not None:
        show_attempt(out, failure.nearest)


def show_attempt(out: Output, attempt: Attempt, named: bool = True) -> None:
    """The abstract action that comes nearest to a step, guard by guard, and what it would do."""
    if named:
        out.line(f"the nearest is {attempt}:")
    for guard in attempt.guards:
        text = f"{Path(guard.file).name}:{guard.line}: require({guard.text})"
        out.line(text, "ok" if guard.held else "bad", indent=1)
    if attempt.differs is None:
        out.line("its effects are undefined here", "bad", indent=1)
        return
    lines = difference_lines(attempt.differs, wanted=True)
    for line in lines:
        out.line(line, "bad", indent=1)
    if not lines:
        out.line("its effects are those of the step", "ok", indent=1)


def difference_lines(difference: StateDifference, wanted: bool = False) -> list[str]:
    """The differences of two states, one a line; with `wanted`, from actual to expected."""
    if not wanted:
        return [
            *map(str, difference.changes),
            *(f"sent: {show(m)}" for m in difference.added),
            *(f"taken back: {show(m)}" for m in difference.removed),
        ]
    return [
        *(f"{c.place} becomes {_side(c.old)}, not {_side(c.new)}" for c in difference.changes),
        *(f"{show(m)} is not sent" for m in difference.added),
        *(f"{show(m)} is sent, but should not be" for m in difference.removed),
    ]


def _side(value: Any) -> str:
    return "absent" if value is Absent.ABSENT else show(value)


# ---------------------------------------------------------------- for programs


def as_json(
    found: RefinementCheck, run: Trace | None, proof: RefinementProof | None
) -> dict[str, Any]:
    """One check, and its proof if one was tried."""
    vacuous = found.status is RefinementStatus.REFINES and found.nothing is not None
    return {
        "concrete": name_of(found.refinement.concrete),
        "abstract": name_of(found.refinement.abstract),
        "mapping": getattr(found.refinement.mapping, "__name__", None),
        "sizes": dict(found.sizes),
        "abstract_sizes": dict(found.abstract_sizes),
        "faults": found.sizes.faults,
        "outcome": "nothing compared" if vacuous else found.status.value,
        "states": found.states,
        "transitions": found.transitions,
        "stutters": found.stutters,
        "images": found.images,
        "seconds": round(found.seconds, 4),
        "ways": {a: {w or "nothing": n for w, n in ws.items()} for a, ws in found.readings.items()},
        "taken": dict(found.occurrences),
        "failure": failure_json(found.failure) if found.failure is not None else None,
        "undefined": run_json(run) if run and found.status is RefinementStatus.UNDEFINED else None,
        "warnings": found.warnings(),
        "proof": refinement_proof.as_json(proof) if proof is not None else None,
    }


def failure_json(failure: RefinementFailure) -> dict[str, Any]:
    """The step that fails, the run to it, and what comes nearest."""
    nearest = failure.nearest
    return {
        "step": len(failure.trace.steps),
        "action": failure.move.action if failure.move is not None else None,
        "arguments": [repr(a) for a in failure.move.arguments] if failure.move else [],
        "change": difference_lines(failure.change) if failure.change is not None else [],
        "nearest": None if nearest is None else _nearest(nearest),
        "run": run_json(failure.trace),
    }


def _nearest(attempt: Attempt) -> Mapping[str, Any]:
    return {
        "action": attempt.action,
        "arguments": [repr(a) for a in attempt.arguments],
        "guards": [{"line": g.line, "text": g.text, "held": g.held} for g in attempt.guards],
        "differs": None
        if attempt.differs is None
        else difference_lines(attempt.differs, wanted=True),
    }
