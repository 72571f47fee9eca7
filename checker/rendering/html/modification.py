"""The parts of a page about two versions of a protocol."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from quorate.checker.rendering.words import as_many_faults

from .elements import Part, badge, e, folded, section, table
from .proofs import failure_parts
from .sections import verdict_badge

Json = Mapping[str, Any]


def modification(d: Json) -> list[Part]:
    """Of `diff`: the parts that differ, the verdicts, the counts, what only one does."""
    if "old" not in d or "parts" not in d:
        return []
    old, new = d["old"], d["new"]
    names = dict.fromkeys([*old["verdicts"], *new["verdicts"]])
    verdicts = [
        (e("code", n), *(_maybe(v["verdicts"].get(n), verdict_badge) for v in (old, new)))
        for n in names
    ]
    counts = [
        (name, old[kind].get(name), new[kind].get(name))
        for kind in ("sizes", "faults")
        for name in dict.fromkeys([*old[kind], *new[kind]])
    ]
    counts += [(name, old[name], new[name]) for name in ("states", "transitions", "depth")]
    fired = dict.fromkeys([*old["fired"], *new["fired"]])
    counts += [(f"steps of {a}", old["fired"].get(a), new["fired"].get(a)) for a in fired]
    parts = [
        folded(f"{p['kind']} {p['name']} {p['change']}", _changed(p), opened=True)
        for p in d["parts"]
    ]
    return [
        section("What differs", *parts),
        section("Verdicts", table(("property", "old", "new"), verdicts)),
        section("Counts", table(("", "old", "new"), counts, {1, 2})),
        _direction(d["forth"], "the new version", "the old one", new["faults"], old["faults"]),
        _direction(d["back"], "the old version", "the new one", old["faults"], new["faults"]),
        _proofs(d),
    ]


def _direction(
    way: Json, one: str, other: str, faults: Mapping[str, int], than: Mapping[str, int]
) -> Part:
    """Whether one version does what the other does not."""
    if way["failure"]:
        title = f"{one.capitalize()} does what {other} does not"
        return section(title, *failure_parts(way["failure"]))
    if way.get("refines"):
        given = as_many_faults(faults, than)
        said: Part = [badge("refines", "ok"), f" It does nothing that {other} does not{given}."]
    else:
        said = [verdict_badge(way.get("outcome") or "open"), f" {way.get('reason') or ''}"]
    return section(f"Whether {one} does more than {other}", e("p", said))


def _proofs(d: Json) -> Part:
    """Whether the old proof still goes through."""
    before, after = d["old"].get("proof"), d["new"].get("proof")
    if before is None or after is None:
        return None
    lost = [e("li", e("code", name)) for name in d["newly_unproved"]]
    said = e("p", verdict_badge(before), " → ", verdict_badge(after))
    more = [e("p", "No longer proved:"), e("ul", *lost)] if lost else []
    return section("Proof for any size", said, *more)


def _maybe(value: str | None, shown: Callable[[str], Part]) -> Part:
    return "not there" if value is None else shown(value)


def _changed(part: Json) -> Element:
    lines = difflib.ndiff((part["old"] or "").splitlines(), (part["new"] or "").splitlines())
    tags = {"- ": "del", "+ ": "ins", "  ": "span"}
    shown = (e(tags[line[:2]], f"{line}\n") for line in lines if line[:2] in tags)
    return e("pre", *shown)
