"""The checks of a project's list, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from quorate.checker.project.results import CheckEnding, CheckPart, CheckReport, ProjectReport
from quorate.checker.reports.cases import CaseStatus, ReportCase, wrong
from quorate.checker.user_file import near_path

from .document import place_json, run_json
from .output import Output
from .runs import show_run
from .words import count, seconds

MARKS = {CheckEnding.HOLDS: "ok", CheckEnding.INCONCLUSIVE: "warn"}


def show(out: Output, found: ProjectReport) -> None:
    """The whole result, for people."""
    show_title(out, found.file, len(found.checks))
    width = max(len(check.name) for check in found.checks)
    for check in found.checks:
        show_check(out, check, width)
    show_end(out, found)


def show_title(out: Output, file: Path, checks: int) -> None:
    """The heading: the file, from the working directory on."""
    out.title(f"{near_path(str(file))}: {count(checks, 'check')}")


def show_check(out: Output, check: CheckReport, width: int) -> None:
    """One check, in a line."""
    said = "; ".join(part.line for part in _told(check))
    sizes = f"  {check.sizes}" if check.sizes else ""
    how = "from the cache" if check.cached else seconds(check.seconds)
    if not check.cached and any(part.cached for part in check.parts):
        how += ", partly from the cache"
    out.line(f"{check.name:<{width}}{sizes}  {said} ({how})", MARKS.get(check.ending, "bad"))


def _told(check: CheckReport) -> Sequence[CheckPart]:
    """The parts that say how a check ended: those that went wrong, if there are any."""
    return [p for p in check.parts if p.ending is not CheckEnding.HOLDS] or check.parts


def show_end(out: Output, found: ProjectReport) -> None:
    """What comes after the lines: what is wrong, in full, and what is lost."""
    for suite, case in wrong(found.suites):
        if suite.name != "baseline":
            _show_case(out, suite.name, case)
    if found.losses:
        out.line()
        out.title("less than the baseline says")
        for loss in found.losses:
            out.wrapped(f"{loss.check}: {loss}", "warn")
    if found.unlisted:
        out.line(f"not in the baseline: {', '.join(found.unlisted)}")
    held = sum(check.ending is CheckEnding.HOLDS for check in found.checks)
    out.line()
    how = "" if found.ending is CheckEnding.HOLDS else " held"
    out.line(
        f"{found.ending.value}: {held} of {count(len(found.checks), 'check')}{how}, "
        f"{seconds(found.seconds)}",
        MARKS.get(found.ending, "bad"),
    )


def _show_case(out: Output, check: str, case: ReportCase) -> None:
    out.line()
    if case.detail.startswith("error["):  # a mistake in the model, as it is always shown
        out.block(case.detail)
        return
    known = case.place is None or str(case.place) in case.message
    place = "" if known else f" ({case.place})"
    mark = "warn" if case.status is CaseStatus.OPEN else "bad"
    out.wrapped(f"{check}: {case.message or case.name}{place}", mark)
    if case.detail:
        out.block(case.detail)
    if case.trace is not None:
        show_run(out, case.trace)


# ---------------------------------------------------------------- for programs


def as_json(found: ProjectReport) -> dict[str, Any]:
    """The result as plain data."""
    return {
        "config": near_path(str(found.file)),
        "ending": found.ending.value,
        "checks": [_check(check) for check in found.checks],
        "losses": [
            {"check": x.check, "what": x.what, "before": x.before, "after": x.after}
            for x in found.losses
        ],
        "unlisted": list(found.unlisted),
        "seconds": round(found.seconds, 3),
    }


def _check(check: CheckReport) -> dict[str, Any]:
    return {
        "name": check.name,
        "protocol": check.protocol,
        "ending": check.ending.value,
        "cached": check.cached,
        "seconds": round(check.seconds, 3),
        "parts": [
            {"ending": p.ending.value, "said": p.line, "cached": p.cached} for p in check.parts
        ],
        "cases": [_case(case) for case in check.cases],
        "measured": None if check.measured is None else msgspec.to_builtins(check.measured),
    }


def _case(case: ReportCase) -> dict[str, Any]:
    place = case.place
    return {
        "name": case.name,
        "status": case.status.value,
        "rule": case.rule.name if case.wrong else None,
        "message": case.message,
        "place": place and place_json(place.file, place.line, place.column),
        "run": None if case.trace is None else run_json(case.trace),
    }
