"""The parts of a page about a cluster of real processes under faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .elements import Part, bar, e, facts, folded, section, table
from .logs import unexplained

Json = Mapping[str, Any]

_KILLS = {"kill": "at a random time"}


def cluster(d: Json) -> list[Part]:
    """Of `conform --cluster`: what was done to it, what it did, and what is wrong."""
    c = d.get("cluster")
    if not c:
        return []
    reasons = [e("li", reason) for reason in c["reasons"]]
    open_ = [(x["seed"], x["reason"]) for x in c["unjudged"]]
    return [
        *_found(c["found"]),
        section("Why it is inconclusive", e("ul", *reasons)) if reasons else None,
        section("What it did", facts(_counts(c))),
        section("What was done to it", _faults(c), _messages(c["messages"])),
        section("Runs not judged", table(("seed", "why"), open_, {0})) if open_ else None,
    ]


def _counts(c: Json) -> list[tuple[str, Part]]:
    names = ("runs", "finished", "decisions", "answers", "validated", "restarts", "seed")
    shown: list[tuple[str, Part]] = [(name, c[name]) for name in names]
    if c["protocol"] is not None:
        shown += [("lines of logs", c["lines"]), (f"steps of {c['protocol']}", c["steps"])]
    return [*shown, ("time", f"{c['seconds']:.1f} s")]


def _faults(c: Json) -> Part:
    """How often each fault happened, beside how often it was asked for."""
    most, rates = max(c["faults"].values(), default=0), c["rates"]
    rows = [
        (
            name if name in rates and name != "kill" else f"kill -9: {_KILLS.get(name, name)}",
            n,
            bar(n, most),
            f"{rates.get(name, rates.get('point', 0)):g}",
        )
        for name, n in c["faults"].items()
    ]
    return table(("fault", "times", "", "rate asked for"), rows, {1, 3})


def _messages(m: Json) -> Part:
    words = {
        "sent": "messages sent",
        "delivered": "delivered, duplicates included",
        "partitioned": "lost by partitions",
        "undelivered": "for receivers that were dead",
    }
    most = max(m.values(), default=0)
    rows = [(said, m[name], bar(m[name], most)) for name, said in words.items()]
    return table(("", "messages", ""), rows, {1})


def _found(found: Json | None) -> list[Part]:
    if found is None:
        return []
    rows: list[Sequence[Part]] = [
        (e("strong", f["kind"]), e("span", f["text"], class_="wrapped"), f"{f['at']:.1f} s")
        for f in found["findings"]
    ]
    tails = [
        folded(f"the end of {file}", e("pre", "\n".join(lines)), opened=False)
        for file, lines in found["tails"].items()
    ]
    where = f"Run {found['run']}, seed {found['seed']}, after {found['seconds']:.1f} s; its files: "
    return [
        section(
            "What is wrong",
            e("p", where, e("code", found["folder"])),
            table(("what", "", "in the run"), rows, {2}),
            *(unexplained(found["log"]) if found["log"] else ()),
            *tails,
        )
    ]
