"""The result of a replay, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from quorate.checker.conform.replaying.replay import Replay, ReplayVerdict

from .output import Output
from .words import count


def finding_line(what: str, steps: int, found: Replay) -> str | None:
    """What is wrong with the implementation `what`; None if nothing was found."""
    if found.verdict is ReplayVerdict.REPRODUCED:
        line = f"{what} does all {steps} steps and violates {found.violated}"
        if not found.asked:
            return line
        return f"{line}: none of {count(found.asked, 'further step')} does anything"
    if found.verdict is not ReplayVerdict.DIVERGES:
        return None
    if found.divergence is not None and not found.divergence.step:
        return f"{what} does not start as the model does"
    return f"{_done(what, steps, found)} as the model does, not the next"


def report(out: Output, what: str, steps: int, found: Replay) -> None:
    """The outcome of replaying a trace of `steps` steps on the implementation `what`."""
    match found.verdict:
        case ReplayVerdict.REPRODUCED:
            out.line(f"reproduced: {finding_line(what, steps, found)}", "bad")
        case ReplayVerdict.DIVERGES:
            out.line(f"does not conform: {finding_line(what, steps, found)}", "bad")
        case ReplayVerdict.CONFORMS:
            out.line(f"conforms: {what} does all {steps} steps as the model does", "ok")
            if found.unseen:
                out.line(f"not shown, so not compared: {', '.join(found.unseen)}", indent=1)
        case ReplayVerdict.REFUSED:
            then = "not the next" if found.steps < steps else "and then goes on"
            out.line(f"refused: {_done(what, steps, found)}, {then}", "ok")
        case ReplayVerdict.UNJUDGED:
            out.line(f"unjudged: {found.reason}", "warn")
            out.line(_done(what, steps, found), indent=1)
    for line in str(found.divergence or "").splitlines():
        out.line(line, indent=1)


def _done(what: str, steps: int, found: Replay) -> str:
    return f"{what} does {found.steps} of {steps} steps"


def outcome(found: Replay) -> str:
    """The outcome in one line, for a list of outcomes."""
    verdict = found.verdict.value
    if found.reason is not None:
        return f"{verdict}, {found.reason}"
    if (d := found.divergence) is None:
        violated = f", {found.violated}" if found.violated else ""
        return f"{verdict}, {found.steps} steps{violated}"
    what = f"{d.variable} is {d.implementation}, not {d.model}" if d.variable else d.implementation
    return f"{verdict} at step {d.step}, {d.action}: {what}"


def as_json(trace: Path | None, implementation: str, found: Replay) -> dict[str, Any]:
    """The outcome of replaying the trace in a file."""
    return {
        "trace": None if trace is None else str(trace),
        "implementation": implementation,
        **replay_json(found),
    }


def replay_json(found: Replay) -> dict[str, Any]:
    """The outcome of one replay."""
    return {
        "verdict": found.verdict.value,
        "steps": found.steps,
        "violated": found.violated,
        "divergence": found.divergence and asdict(found.divergence),
        "reason": found.reason,
        "unseen": list(found.unseen),
        "asked": found.asked,
    }
