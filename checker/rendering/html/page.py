"""The page of one result, with the numbers of earlier ones.

It is made of the object that `--json` prints, so a report says nothing that programs do not get.
It has no script and loads nothing: its policy forbids both. The object and the history are in it
as data, so the next report that is written over it goes on with the history.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from quorate.checker.rendering.words import OUTCOMES

from . import conformance, logs, proofs
from . import sections as s
from .charts import trend_chart
from .clusters import cluster
from .elements import Part, e, html_of, section, table
from .modification import modification
from .project import listed
from .sections import verdict_badge
from .spacetime import run_parts

Json = Mapping[str, Any]

MOST_RUNS = 50
"""How many earlier runs the history keeps."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
_HISTORY = "quorate-history"
_COUNTED = {"replay", "validate"}
"""Verbs of which a section of their own has the numbers."""
_TRENDS = ("states", "seconds", "score", "driven")


def page_of(document: Json, when: str, earlier: str | None = None) -> str:
    """The page of a result; `when` it was made, and the text of the report that it replaces.

    The history of another verb or protocol is not continued.
    """
    history = [*history_in(earlier, document), _entry(document, when)][-MOST_RUNS:]
    name = title_of(document)
    said = verdict_of(document)
    sizes = s.sizes_in(document)
    short = re.sub(r"[^\s:]+:(?=\w)", "", name)  # without the module or the folder
    heading = e(
        "header",
        e("p", e("span", "quorate ", document["verb"]), e("span", when), class_="small"),
        e("h1", short),
        e("p", name, class_="small") if short != name else None,
        e("p", verdict_badge(said), f"  {sizes}" if sizes else None),
    )
    body = [part for part in _parts(document) if part is not None]
    parts = e("main", heading, *body, _trend(history))
    head = e(
        "head",
        e("meta", charset="utf-8"),
        e("meta", name="viewport", content="width=device-width, initial-scale=1"),
        e("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        e("meta", name="color-scheme", content="light dark"),
        e("title", f"{name}: {said}"),
        e("style", _style()),
    )
    data = {"quorate-document": document, _HISTORY: history}
    kept = [_data(key, value) for key, value in data.items()]
    return html_of(e("html", head, e("body", parts, *kept), lang="en"))


def verdict_of(document: Json) -> str:
    """How it ended, in a word: where the exit code is 0, the result's own."""
    if document["exit"]:
        return OUTCOMES.get(document["exit"], f"exit code {document['exit']}")
    if document["verb"] == "show":
        return "a trace"
    if document["verb"] == "verify":
        return "holds"
    if document["verb"] == "diff":
        return "nothing is worse"
    if isinstance(document.get("score"), int | float):
        return f"score {100 * document['score']:.0f} %"
    open_ = [r["outcome"] for r in document.get("refinements") or () if r["outcome"] != "refines"]
    words = [*open_, *("refines" for _ in document.get("refinements") or ())]
    parts = (document, document.get("cluster") or {}, document.get("followed") or {})
    keys = ("outcome", "standing", "verdict")
    words += [part[k] for part in parts for k in keys if part.get(k)]
    words += ["conforms in this run"] if document.get("followed") else []
    return str(words[0]) if words else "finished"


def title_of(document: Json) -> str:
    """What the result is about."""
    if document.get("refinements"):
        return " → ".join(
            [document["refinements"][0]["concrete"]]
            + [str(r["abstract"]) for r in document["refinements"]]
        )
    if "old" in document and "new" in document:
        return f"{document['old']['protocol']} → {document['new']['protocol']}"
    if document.get("config"):
        return str(document["config"])
    if document.get("protocols"):
        return ", ".join(p["protocol"] for p in document["protocols"])
    about = (document, document.get("run") or {}, document.get("cluster") or {})
    named = [
        part[k] for part in about for k in ("protocol", "system", "file", "target") if part.get(k)
    ]
    return str(named[0]) if named else ""


def history_in(earlier: str | None, document: Json) -> list[dict[str, Any]]:
    """The history in the text of an earlier report of the same verb and protocol."""
    if earlier is None:
        return []
    found = re.search(rf'<script type="application/json" id="{_HISTORY}">(.*?)</script>', earlier)
    try:
        entries = json.loads(found[1]) if found else []
    except ValueError:
        return []
    same = {"verb": document["verb"], "title": title_of(document)}
    return [
        entry
        for entry in entries
        if isinstance(entry, dict) and all(entry.get(k) == v for k, v in same.items())
    ]


def _entry(document: Json, when: str) -> dict[str, Any]:
    numbers = {k: document[k] for k in _TRENDS if isinstance(document.get(k), int | float)}
    about = {"verb": document["verb"], "title": title_of(document)}
    return {"when": when, "verdict": verdict_of(document), **about, **numbers}


def _parts(d: Json) -> list[Part]:
    if d["verb"] == "show":
        return [section("The run", *run_parts(d["run"]))]
    return [
        s.mistake(d),
        None if d["verb"] in _COUNTED else s.numbers(d),
        s.warnings(d),
        *modification(d),
        s.properties(d),
        *conformance.replayed(d),
        *s.runs(d),
        *proofs.refinements(d),
        *s.verified(d),
        *listed(d),
        *conformance.conformance(d),
        *conformance.followed(d),
        *cluster(d),
        *logs.validated(d),
        *logs.linearized(d),
        s.mutants(d),
        s.coverage(d),
        s.levels(d),
        proofs.obligations(d),
        *proofs.compared(d),
    ]


def _trend(history: Sequence[Json]) -> Element | None:
    if len(history) < 2:
        return None
    names = [name for name in _TRENDS if all(name in entry for entry in history)]
    rows = [
        (x["when"], verdict_badge(str(x.get("verdict"))), *_numbers(x, names))
        for x in reversed(history)
    ]
    numbers = range(2, 2 + len(names))
    charts = [trend_chart(name, [entry[name] for entry in history]) for name in names]
    heads = ("when", "verdict", *names)
    return section("Earlier runs", e("div", *charts, class_="charts"), table(heads, rows, numbers))


def _numbers(entry: Json, names: Sequence[str]) -> list[str]:
    values = [entry[name] for name in names]
    return [f"{v:,}" if isinstance(v, int) else f"{v:.2f}" for v in values]


def _data(key: str, value: Any) -> Element:
    """Data in the page; no text in it can end the element."""
    text = json.dumps(value).replace("<", "\\u003c")
    element = e("script", type_="application/json", id=key)
    element.text = text
    return element


@cache
def _style() -> str:
    return Path(__file__).with_name("report.css").read_text(encoding="utf-8")
