"""The parts of a page about implementations: how much was driven, and what they do otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quorate.checker.conform.driving.comparing import Kind
from quorate.checker.rendering.words import count

from .elements import Part, badge, bar, e, facts, folded, section, table
from .proofs import guards
from .spacetime import run_parts

Json = Mapping[str, Any]

_MEANINGS = {kind.value: kind.meaning for kind in Kind}


def conformance(d: Json) -> list[Part]:
    """How much of the model was driven, and the differences."""
    if "driven" not in d:
        return []
    driven = [
        _share("transitions driven", d["driven"], d["transitions"]),
        _share("states visited", d["visited"], d["states"]),
    ]
    reasons = [e("li", reason) for reason in d["reasons"]]
    new = [x for x in d["differences"] if not x["accepted"]]
    known = [
        (e("code", x["name"]), x["count"], x["accepted"]) for x in d["differences"] if x["accepted"]
    ]
    known += [(e("code", name), "not met", "") for name in d["not_met"]]
    return [
        section("Why it is inconclusive", e("ul", *reasons)) if reasons else None,
        *(_difference(x) for x in new),
        section("Accepted differences", table(("difference", "met", "why"), known, {1}))
        if known
        else None,
        section("How much was driven", *driven, _actions(d["actions"])),
        _refusals(d),
    ]


def followed(d: Json) -> list[Part]:
    """Of `conform --run`: one run alone."""
    found = d.get("followed")
    if not found:
        return []
    said = [
        e("p", found["reason"]) if found["reason"] else None,
        *(e("p", f"{name} is violated by the code after all of it") for name in found["violated"]),
        e("p", f"not shown, so not compared: {', '.join(found['unseen'])}")
        if found["unseen"]
        else None,
    ]
    shown = [("implementation", found["implementation"]), ("steps", found["steps"])]
    return [
        section("The run", facts(shown), *said),
        _difference(found["difference"]) if found["difference"] else None,
    ]


def replayed(d: Json) -> list[Part]:
    """Of `replay`: how far an implementation followed a trace, and where it did not."""
    if "divergence" not in d:
        return []
    x = d["divergence"]
    unseen = d["unseen"]
    said = [
        e("p", d["reason"]) if d["reason"] else None,
        e("p", f"not shown, so not compared: {', '.join(unseen)}") if unseen else None,
    ]
    sides = (
        []
        if x is None
        else [(e("code", x["variable"] or ""), e("ins", x["model"]), e("del", x["implementation"]))]
    )
    where = None if x is None else e("p", f"At step {x['step']}, ", e("code", x["action"]), ":")
    recorded = d.get("run") or {}
    all_ = f" of {len(recorded['steps'])}" if recorded else ""
    shown: list[tuple[str, Part]] = [
        ("implementation", d["implementation"]),
        ("steps that it does", f"{d['steps']:,}{all_}"),
        ("violated by it", d["violated"]),
    ]
    return [
        section("The replay", facts(shown), *said),
        section("Where it differs", where, table(("", "the model", "the code"), sides))
        if sides
        else None,
    ]


def _share(what: str, part: int, whole: int) -> Part:
    return e("p", f"{part:,} of {whole:,} {what} ", bar(part, whole))


def _actions(actions: Sequence[Json]) -> Part:
    most = max((a["taken"] for a in actions), default=0)
    rows = [
        (
            [e("code", a["name"]), " (the environment's)" if a["environment"] else None],
            a["taken"],
            bar(a["taken"], most),
            *(a["probed"], a["differed"], a["skipped"]),
        )
        for a in actions
    ]
    heads = ("action", "driven", "", "tried while disabled", "differed", "skipped")
    return table(heads, rows, {1, 3, 4, 5})


def _refusals(d: Json) -> Part:
    """The guards, and how many steps that the model disables each of them refused."""
    counted = [(a, g) for a in d["actions"] for g in a["guards"]]
    if not counted or not d["probes"]:
        return None
    most = max(g["refused"] for _, g in counted)
    rows: list[Sequence[Part]] = []
    for action in d["actions"]:
        if action["guards"]:
            rows.append((e("code", action["name"]), None, None, None))
        rows += [_refusal(action, g, most) for g in action["guards"]]
    told = "Steps that the model disables were tried: each guard, and how many of them it refuses."
    heads = ("guard", "refuses", "", "by it alone")
    return section("Guards", e("p", told), table(heads, rows, {1, 3}))


def _refusal(action: Json, g: Json, most: int) -> Sequence[Part]:
    text = e("code", f"require({g['text']})", class_="guard")
    place = f" line {g['line']}" if g["line"] else None
    other = (
        "a message that must exist" if g["delivery"] else "the end of a range" if g["end"] else None
    )
    other = "the environment's" if other is None and action["environment"] else other
    if not g["refused"] and other is not None:
        return [text, place], None, e("span", other, class_="quiet"), None
    times = g["refused"] or badge("never", "warn")
    return [text, place], times, bar(g["refused"], most), g["alone"]


def _difference(x: Json) -> Part:
    said = [e("p", _met(x))]
    said += [e("p", what) for what in x["unfinished"]]
    if x["tried"]:
        arguments = ", ".join(map(str, x["tried"]["arguments"].values()))
        agreed = f"Both agree after {count(len(x['steps']), 'step')}; then "
        tried = e("code", f"{x['tried']['action']}({arguments})")
        said.append(e("p", agreed if x["steps"] else "At the start, ", tried))
    sides = [
        (
            e("code", v["place"]),
            v["before"],
            e("ins", v["model"]),
            e("del", v["implementation"]) if v["implementation"] is not None else "not shown",
        )
        for v in x["values"]
    ]
    so = [
        e(
            "li",
            e("strong", f"{c['violated']} is violated by the code"),
            " after ",
            e("code", c["text"]),
        )
        for c in x["consequences"]
    ]
    return section(
        f"Difference: {x['name']}",
        *said,
        table(("place", "before", "the model", "the code"), sides)
        if sides
        else e("pre", x["text"]),
        guards(x["guards"]),
        *([e("p", "And so:"), e("ul", *so)] if so else []),
        folded("the run to it", run_parts(x["run"]), opened=True) if x.get("run") else None,
    )


def _met(x: Json) -> str:
    """What a difference is, and how often it was met."""
    often = f"met {x['count']:,} times" if x["count"] != 1 else "met once"
    flaky = f"; when the run was repeated, {x['seen_again']} times again" if x["flaky"] else ""
    return f"{_MEANINGS.get(x['kind'], x['kind'])} ({often}, first after {x['found_at']:,}{flaky})"
