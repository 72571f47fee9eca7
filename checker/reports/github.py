"""What GitHub shows of a job: annotations of lines, and a summary with diagrams.

GitHub: Workflow commands for GitHub Actions. It keeps 10 annotations of a kind from a step, and one
MiB of summary.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from quorate.traces import render_mermaid

from .cases import CaseStatus, ReportCase, SourcePlace, Suite, counted, wrong
from .junit import text_of

MOST_ANNOTATIONS = 10
MOST_SUMMARY = 1_000_000

MARKS = {
    CaseStatus.PASSED: "✅",
    CaseStatus.FAILED: "❌",
    CaseStatus.ERROR: "❌",
    CaseStatus.OPEN: "⚠️",
    CaseStatus.SKIPPED: "➖",
}
_MARKDOWN = {ord(c): f"&#{ord(c)};" for c in "\\`*_{}[]()#+!|~@:"}


# ---------------------------------------------------------------- annotations


def commands(suites: Sequence[Suite], root: Path) -> list[str]:
    """Workflow commands that mark what is wrong at its place, in the repository at `root`.

    What would be too many to be kept is told in the last one.
    """
    found = list(wrong(suites))
    of_kind = {
        "error": [(s, c) for s, c in found if c.status is not CaseStatus.OPEN],
        "warning": [(s, c) for s, c in found if c.status is CaseStatus.OPEN],
    }
    return [line for kind, these in of_kind.items() for line in _kind(kind, these, root)]


def _kind(kind: str, found: Sequence[tuple[Suite, ReportCase]], root: Path) -> Iterator[str]:
    most = len(found) if len(found) <= MOST_ANNOTATIONS else MOST_ANNOTATIONS - 1
    for suite, case in found[:most]:
        title, place = f"{suite.name}: {case.rule.title}", suite.place(case)
        yield _command(kind, title, _told(case), place, root)
    if rest := found[most:]:
        told = "\n".join(f"{suite.name}: {case.message}" for suite, case in rest)
        yield _command(kind, f"Quorate: {len(rest)} more", told, None, root)


def _told(case: ReportCase) -> str:
    steps = () if case.trace is None else case.trace.drawn().steps
    listed = [f"{n}. {step.title(names=False)}" for n, step in enumerate(steps, start=1)]
    if len(listed) > 30:
        listed = [*listed[:10], "...", *listed[-19:]]
    return "\n".join([case.message, *listed])


def _command(kind: str, title: str, message: str, place: SourcePlace | None, root: Path) -> str:
    properties = {"title": title}
    file = None if place is None else place.within(root)
    if place is not None and file is not None:
        at = {"line": place.line, "col": place.column}
        properties |= {"file": file, **{k: str(v) for k, v in at.items() if v is not None}}
    given = ",".join(f"{name}={_property(value)}" for name, value in sorted(properties.items()))
    return f"::{kind} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# ---------------------------------------------------------------- the summary


def summary(suites: Sequence[Suite], verb: str, outcome: str) -> str:
    """Markdown: a table of the cases, then each that is wrong with a diagram of its run."""
    passed, all_ = counted(suites, CaseStatus.PASSED), sum(len(s.cases) for s in suites)
    # A blank line first: it ends the HTML in which what the step wrote before may end.
    head = ["", f"## quorate {verb}: {outcome}", "", f"{passed} of {all_} passed.", ""]
    rows = (f"| {MARKS[c.status]} | {_row(s, c)} |" for s in suites for c in s.cases)
    parts = ["\n".join([*head, "| | | |", "|---|---|---|", ""])]
    parts += (f"{row}\n" for row in rows)
    parts += (_section(suite, case) for suite, case in wrong(suites))
    return _whole(parts)


def _row(suite: Suite, case: ReportCase) -> str:
    return f"{_escaped(suite.name)}: {_escaped(case.name)} | {_escaped(case.message)}"


def _section(suite: Suite, case: ReportCase) -> str:
    lines = ["", f"### {MARKS[case.status]} {_escaped(suite.name)}: {_escaped(case.message)}", ""]
    if case.trace is not None:
        lines += ["```mermaid", render_mermaid(case.trace).rstrip("\n"), "```", ""]
    if text := text_of(case):
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        lines += ["<details><summary>In full</summary>", "", f"{fence}text", text, fence, ""]
        lines += ["</details>", ""]
    return "\n".join(lines)


def _whole(parts: Sequence[str]) -> str:
    """The parts that fit in a summary, each of them whole."""
    told, size = "", 0
    for number, part in enumerate(parts):
        size += len(part.encode(errors="backslashreplace"))
        if size > MOST_SUMMARY:
            left = len(parts) - number
            return f"{told}\nThe summary would be too long: {left} parts of it are left out.\n"
        told += part
    return told


def _escaped(text: str) -> str:
    """A text as it is, on one line of Markdown."""
    return html.escape(" ".join(text.split()), quote=False).translate(_MARKDOWN)
