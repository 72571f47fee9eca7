"""The parts of a page about logs and histories: of `validate` and `linearize`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quorate.checker.rendering.words import count

from .elements import Part, e, facts, section, table
from .sections import verdict_badge

Json = Mapping[str, Any]


def validated(d: Json) -> list[Part]:
    """Of `validate`: how much of a log the model explains, and where it does not."""
    if "explained" not in d:
        return []
    names = ("lines", "compared", "explained", "hidden", "steps")
    open_ = [(_place(x), x["reason"]) for x in d["beyond"]]
    open_ += [(_place(x), f"left out: {x['what']}") for x in d["left_out"]]
    open_ += [(_place(x), "torn: the end of the line is missing") for x in d["torn"]]
    return [
        section("The log", facts([(name, d[name]) for name in names]), e("p", d["reason"] or "")),
        section("Not explained", *unexplained(d)) if d["failure"] else None,
        section("Not judged", table(("line", "why"), open_)) if open_ else None,
    ]


def unexplained(d: Json) -> list[Part]:
    """The first line that no run of the model explains, and what comes nearest."""
    failure = d["failure"]
    if failure is None:
        return []
    found: list[Part] = [
        e(
            "p",
            _place(failure),
            f": the lines before it end in {count(failure['states'], 'state')}",
        ),
        e("pre", failure["text"]),
    ]
    for attempt in failure["attempts"]:
        lines = [
            *(
                f"{x['place']}: the model has {x['model']}, the log {x['log']}"
                for x in attempt["differences"]
            )
        ]
        lines += [
            f"require({g['text']}) does not hold" for g in attempt["guards"] if not g["holds"]
        ]
        lines += [attempt["missing"]] if attempt["missing"] else []
        after: list[Part] = ["at the beginning"]
        if attempt["after"]:
            after = ["after ", e("code", " · ".join(attempt["after"]))]
        found += [
            e("p", *after, ": ", *_tried(attempt)),
            e("ul", *(e("li", str(line)) for line in lines)) if lines else None,
        ]
    return found


def _tried(attempt: Json) -> list[Part]:
    """What comes nearest to the line there."""
    if attempt["step"] is None:
        return ["nothing comes nearer than to stay in that state"]
    how = "is possible, but leads elsewhere" if attempt["possible"] else "is not possible"
    return ["the nearest step, ", e("code", attempt["step"]), f", {how}"]


def _place(x: Json) -> str:
    return f"{x['file']}:{x['line']}"


def linearized(d: Json) -> list[Part]:
    """Of `linearize`: each object, and the operation that fits nowhere."""
    if "specification" not in d:
        return []
    names = ("operations", "returned", "failed")
    failure = d["failure"]
    rows = [
        (
            e("code", str(x["key"])),
            x["operations"],
            verdict_badge(x["verdict"]),
            x["configurations"],
        )
        for x in d["objects"]
        if x["key"] is not None
    ]
    heads = ("object", "operations", "verdict", "configurations")
    stuck = failure and [
        e("p", e("code", _call(failure)), f" of {failure['process']}, line {failure['line']}"),
        e(
            "p",
            "What the object may hold before it: ",
            e("code", ", ".join(map(str, failure["states"]))),
        ),
        e("pre", d["picture"]) if d.get("picture") else None,
    ]
    return [
        section(
            "The history", facts([(name, d[name]) for name in names]), e("p", d["reason"] or "")
        ),
        section("An operation that fits nowhere", *stuck) if stuck else None,
        section("Objects", table(heads, rows, {1, 3})) if rows else None,
    ]


def _call(operation: Json) -> str:
    argument = "" if operation["argument"] is None else operation["argument"]
    result = f" → {operation['result']}" if operation["known"] else " → ?"
    return f"{operation['call']}({argument}){result}"
