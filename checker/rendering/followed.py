"""How an implementation fared along one run, for people and for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quorate.checker.conform.driving.following import Followed
from quorate.checker.conform.driving.repeating import FoundDifference

from .conformance import difference_json, report_difference
from .output import Output, plain_text
from .words import count


def finding_line(what: str, found: Followed) -> str | None:
    """What the implementation `what` does otherwise; None if nothing was seen."""
    if found.difference is None:
        return None
    return f"{what}: {found.difference.kind.meaning} ({found.difference.name})"


def report(out: Output, what: str, found: Followed) -> None:
    """The outcome for the implementation `what`."""
    steps = count(found.length, "step")
    if found.difference is not None:
        out.wrapped(f"does not conform: {what} does not do as the model in {steps}", "bad")
        report_difference(out, 1, found.difference)
        for name in found.violated:
            out.wrapped(f"{name} is violated by the code after all {steps}", "bad")
    elif found.reason is not None:
        out.wrapped(f"inconclusive: {found.reason}", "warn")
    else:
        out.wrapped(f"conforms in this run: {what} does as the model in {steps}", "ok")
    if found.unseen:
        out.wrapped(f"not shown, so not compared: {', '.join(found.unseen)}", indent=1)


def difference_text(difference: FoundDifference) -> str:
    """A difference as an error's text."""
    return plain_text(lambda out: report_difference(out, 1, difference))


def as_json(what: str, found: Followed, written: Path | None = None) -> dict[str, Any]:
    """The outcome as plain data; `written` is the file with the run to the difference."""
    return {
        "implementation": what,
        "holds": found.holds,
        "reason": found.reason,
        "steps": found.length,
        "difference": found.difference and difference_json(found.difference, written),
        "unseen": list(found.unseen),
        "violated": list(found.violated),
    }
