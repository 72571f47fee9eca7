"""What became of a log, for people and for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quorate.checker.conform.logs.explaining import NearMiss
from quorate.checker.conform.logs.outcome import LogVerdict, Unexplained, Validation
from quorate.checker.conform.logs.reading import LinePlace

from .output import Output
from .words import count, shortened

MOST_LISTED = 10
MOST_TEXT = 200
MOST_VALUE = 60


def finding_line(model: str, found: Validation) -> str | None:
    """What is wrong with the log, in one line; None if nothing was found to be."""
    if found.verdict is not LogVerdict.UNEXPLAINED or found.failure is None:
        return None
    hidden = f" with at most {count(found.hidden, 'hidden step')} a line" if found.hidden else ""
    return f"no run of {model}{hidden} explains {found.failure.place}"


def report(out: Output, model: str, found: Validation) -> None:
    """The outcome of holding a log against the model of that name."""
    are = "is" if found.lines == 1 else "are"
    done = f"{found.explained:,} of {count(found.lines, 'line')} {are} explained"
    match found.verdict:
        case LogVerdict.EXPLAINED:
            steps = count(found.steps, "step")
            out.line(f"explained: {count(found.lines, 'line')}, a run of {model} of {steps}", "ok")
        case LogVerdict.UNEXPLAINED:
            out.line(f"does not conform: {finding_line(model, found)}", "bad")
            out.line(done, indent=1)
        case LogVerdict.INCONCLUSIVE:
            out.line(f"inconclusive: {found.reason}", "warn")
            out.line(done, indent=1)
    if found.failure is not None:
        _failure(out, found.failure)
    most = MOST_LISTED if found.failure is None else 2
    _places(out, "beyond the model", [(p, f": {why}") for p, why in found.beyond], most)
    left_out = [(p, f": {what}") for p, what in found.left_out]
    _places(out, "compared only in part", left_out, min(most, 3))
    branched = [(p, f": {count(n, 'state')}") for p, n in found.branched]
    _places(out, "more than one way to go on, most often", branched, most)
    _places(out, "cut by a crash", [(p, "") for p in found.torn], most)
    silent = found.explained - found.compared
    if silent and found.compared:
        out.line(f"{silent:,} of these say nothing of the model", indent=1)
    if found.names:
        pairs = ", ".join(f"{name} is {element}" for name, element in found.names.items())
        out.line(shortened(pairs, MOST_TEXT), indent=1)


def _places(out: Output, what: str, places: list[tuple[LinePlace, str]], most: int) -> None:
    if places:
        out.line(f"{what}: {count(len(places), 'line')}", indent=1)
    for place, why in places[:most]:
        out.line(f"{place}{why}", indent=2)
    if len(places) > most:
        out.line(f"and {len(places) - most:,} more", indent=2)


def _failure(out: Output, failure: Unexplained) -> None:
    out.line()
    out.line(f"{failure.place}:", indent=1)
    out.line(shortened(failure.text, MOST_TEXT), indent=2)
    before = " → ".join(f"{n:,}" for n in failure.widths)
    ends = count(failure.ends, "state")
    out.line(f"the lines before it end in {ends} (of the last lines: {before})", indent=1)
    for number, attempt in enumerate(failure.attempts):
        if number == 0 or attempt.distance == failure.attempts[0].distance:
            _attempt(out, attempt)
    if failure.further is not None:
        steps = ", ".join(map(str, failure.further))
        n = count(len(failure.further), "hidden step")
        out.line(f"with {n} it would be explained: {steps}", "warn", indent=1)


def _attempt(out: Output, attempt: NearMiss) -> None:
    out.line()
    after = f"after {' · '.join(attempt.after)}" if attempt.after else "at the beginning"
    out.line(shortened(after, MOST_TEXT), indent=1)
    if attempt.step is None:
        out.line("nothing comes nearer than to stay in that state", indent=1)
    elif attempt.missing is not None:
        out.line(f"there is no {attempt.step}: {attempt.missing}", indent=1)
    elif attempt.possible:
        out.line(f"the nearest step, {attempt.step}, is possible, but leads elsewhere", indent=1)
    else:
        out.line(f"the nearest step, {attempt.step}, is not possible", indent=1)
    width = max((len(g.text) for g in attempt.guards), default=0)
    for guard in attempt.guards:
        place = f"{Path(guard.file).name}:{guard.line}" if guard.file else ""
        out.line(f"{guard.text:<{width}}  {place}".rstrip(), "ok" if guard.held else "bad", 2)
    if attempt.differences:
        rows = [("", "model", "log"), *((d.place, d.model, d.log) for d in attempt.differences)]
        shown = [[shortened(cell, MOST_VALUE) for cell in row] for row in rows[: MOST_LISTED + 1]]
        widths = [max(len(row[i]) for row in shown) for i in range(3)]
        for row in shown:
            cells = (f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True))
            out.line("  ".join(cells).rstrip(), indent=2)
        if len(rows) > len(shown):
            out.line(f"and {len(rows) - len(shown)} more", indent=2)


# ---------------------------------------------------------------- JSON


def as_json(model: str, found: Validation) -> dict[str, Any]:
    """The outcome as plain data."""
    return {
        "protocol": model,
        "files": list(found.files),
        "verdict": found.verdict.value,
        "reason": found.reason,
        "lines": found.lines,
        "compared": found.compared,
        "explained": found.explained,
        "hidden": found.hidden,
        "steps": found.steps,
        "failure": found.failure and _failure_json(found.failure),
        "beyond": [{**place_json(p), "reason": why} for p, why in found.beyond],
        "left_out": [{**place_json(p), "what": what} for p, what in found.left_out],
        "torn": [place_json(p) for p in found.torn],
        "branched": [{**place_json(p), "states": n} for p, n in found.branched],
        "names": dict(found.names or {}),
    }


def place_json(place: LinePlace) -> dict[str, Any]:
    """The place of a line: its number from 1, its first byte from 0."""
    return {"file": place.file, "line": place.line, "byte": place.byte}


def _failure_json(failure: Unexplained) -> dict[str, Any]:
    return {
        **place_json(failure.place),
        "text": failure.text,
        "states": failure.ends,
        "widths": list(failure.widths),
        "attempts": [_attempt_json(a) for a in failure.attempts],
        "further": None if failure.further is None else list(map(str, failure.further)),
    }


def _attempt_json(attempt: NearMiss) -> dict[str, Any]:
    return {
        "after": list(attempt.after),
        "step": attempt.step,
        "possible": attempt.possible,
        "missing": attempt.missing,
        "guards": [
            {"text": g.text, "holds": g.held, "file": g.file or None, "line": g.line or None}
            for g in attempt.guards
        ],
        "differences": [
            {"place": d.place, "model": d.model, "log": d.log} for d in attempt.differences
        ],
    }
