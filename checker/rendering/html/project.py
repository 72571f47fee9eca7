"""The parts of a page about the checks of a project's list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .elements import Part, e, section, table
from .sections import verdict_badge
from .spacetime import run_parts

Json = Mapping[str, Any]


def listed(d: Json) -> list[Part]:
    """Each check in a row, what is lost against the baseline, and what is wrong, with its run."""
    if "config" not in d:
        return []
    rows = [
        (
            e("code", check["name"]),
            verdict_badge(check["ending"]),
            "; ".join(part["said"] for part in check["parts"]),
            "from the cache" if check["cached"] else f"{check['seconds']:.2f} s",
        )
        for check in d["checks"]
    ]
    lost = [(x["check"], x["what"], x["before"], x["after"]) for x in d["losses"]]
    heads = ("check", "what", "before", "now")
    return [
        section(
            "Checks",
            table(("check", "verdict", "what became of it", "time"), rows, {3}, stacked=True),
        ),
        section("Less than the baseline says", table(heads, lost)) if lost else None,
        *(_wrong(check, case) for check in d["checks"] for case in check["cases"] if case["rule"]),
    ]


def _wrong(check: Json, case: Json) -> Part:
    """A case that did not pass, with the run to it."""
    place = case["place"]
    at = [str(place[k]) for k in ("file", "line") if place and place[k] is not None]
    run = [] if case["run"] is None else run_parts(case["run"])
    said = e("p", case["message"], f" ({':'.join(at)})" if at else None)
    return section(f"{check['name']}: {case['name']}", said, *run)
