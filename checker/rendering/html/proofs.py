"""The parts of a page about proofs: of invariants, of refinements, and of quorums.

Obligations are drawn as two pictures with a row for each invariant: which steps keep it, and which
invariants that takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .elements import MatrixCell, Part, badge, bar, e, facts, folded, matrix, section, table
from .sections import numbers, verdict_badge
from .spacetime import run_parts

Json = Mapping[str, Any]

_PROVED = "proved"


def obligations(d: Json) -> Part:
    """What was proved, by which prover, with what."""
    found = d.get("obligations")
    if not found:
        return None
    return section(
        "Proof",
        *_kept(found),
        *_rests(found),
        folded(f"the {len(found)} obligations", _listed(found), opened=len(found) <= 12),
        _quorums(d["quorums"]),
    )


def _step(o: Json) -> str:
    """The column of an obligation: an action, or what else has to be shown."""
    return str(o["action"] or o["kind"])


def _kept(found: Sequence[Json]) -> list[Part]:
    """Which steps keep which invariant."""
    cells: dict[tuple[str, str], list[Json]] = {}
    for o in found:
        cells.setdefault((str(o["invariant"] or ""), _step(o)), []).append(o)
    told = e("p", "● proved   · nothing that it reads is changed   ✗ not proved", class_="small")
    picture = matrix("invariant", {key: _mark(*key, some) for key, some in cells.items()})
    return [e("h3", "What keeps each invariant"), picture, told]


def _mark(invariant: str, step: str, found: Sequence[Json]) -> MatrixCell:
    bad = next((o for o in found if o["answer"] != _PROVED), None)
    took = sum(o["seconds"] for o in found)
    used = dict.fromkeys(name for o in found for name in o["used"])
    said = [f"{invariant}, {step}: {found[0]['answer'] if bad is None else bad['answer']}"]
    said += [f"by {found[0]['prover']} in {took:.2f} s"]
    said += [f"with {', '.join(used)}"] if used else []
    if bad is not None:
        return MatrixCell("✗", "bad", ", ".join(said))
    if all(o["untouched"] for o in found):
        return MatrixCell("·", "plain", f"{said[0]}, nothing that it reads is changed")
    return MatrixCell("●", "ok", ", ".join(said))


def _rests(found: Sequence[Json]) -> list[Part]:
    """Which invariants each one needs."""
    cells = {
        (str(o["invariant"] or ""), str(used)): MatrixCell(
            "●", "ok", f"{o['invariant']} needs {used}"
        )
        for o in found
        for used in o["used"]
        if o["answer"] == _PROVED and used != o["invariant"]
    }
    if not cells:
        return []
    return [e("h3", "What each invariant needs of the others"), matrix("needs", cells)]


def _listed(found: Iterable[Json]) -> Part:
    rows = [
        (
            " / ".join(filter(None, (o["kind"], o["action"], o["invariant"]))),
            verdict_badge(o["answer"]),
            o["prover"],
            f"{o['seconds']:.2f} s",
            ", ".join(o["used"]) if not o["untouched"] else "nothing it reads is changed",
        )
        for o in found
    ]
    return table(("obligation", "answer", "prover", "time", "what it used"), rows, {3})


def _quorums(found: Iterable[Json]) -> Part:
    rows = [(q["statement"], verdict_badge(q["verdict"]), q["argument"]) for q in found]
    return table(("quorums", "verdict", "by"), rows) if rows else None


# ---------------------------------------------------------------- refinements


def refinements(d: Json) -> list[Part]:
    """Of `refine`: each refinement, what steps became, where it fails, and its proof."""
    found: list[Part] = []
    for r in d.get("refinements") or ():
        found.append(
            section(
                f"{_name(r['concrete'])} implements {_name(r['abstract'])}",
                e("p", verdict_badge(r["outcome"])),
                numbers(r),
                _ways(r["ways"]),
                *(failure_parts(r["failure"]) if r["failure"] else ()),
                *(run_parts(r["undefined"]) if r.get("undefined") else ()),
            )
        )
        found += _proof(r) if r.get("proof") else []
    return found


def _name(protocol: str) -> str:
    return protocol.rpartition(":")[2]


def _ways(ways: Json) -> Part:
    most = max((n for by_way in ways.values() for n in by_way.values()), default=0)
    rows = [
        (e("code", action), e("code", way), times, bar(times, most))
        for action, by_way in ways.items()
        for way, times in by_way.items()
    ]
    return table(("a step of", "is", "times", ""), rows, {2}) if rows else None


def failure_parts(failure: Json) -> list[Part]:
    """The run to the step that fails, what it does, and the action that comes nearest."""
    nearest = failure.get("nearest")
    change = [e("li", e("code", line)) for line in failure.get("change") or ()]
    said: list[Part] = []
    if change:
        said += [e("p", "Read by the mapping, its last step does this:"), e("ul", *change)]
    if nearest is not None:
        called = f"{nearest['action']}({', '.join(nearest['arguments'])})"
        said += [e("p", "The nearest is ", e("code", called), ":"), guards(nearest["guards"])]
        said += [e("ul", *(e("li", line) for line in nearest["differs"] or ()))]
    return [*run_parts(failure["run"]), *said]


def guards(found: Iterable[Json]) -> Part:
    """Guards that hold or do not, each with its place."""
    rows = [
        (
            badge("holds", "ok") if g["held"] else badge("fails", "bad"),
            [e("code", f"require({g['text']})"), f" line {g['line']}" if g["line"] else None],
        )
        for g in found
    ]
    return table(("", "guard"), rows) if rows else None


def _proof(r: Json) -> list[Part]:
    """Of a refinement for any size: each action, as what, and with which invariants."""
    p = r["proof"]
    most = max((a["seconds"] for a in p["actions"]), default=0)
    rows = [
        (
            e("code", a["action"] or "initial states"),
            e("code", ", ".join(a["ways"]) or "nothing"),
            verdict_badge(_PROVED if a["proved"] else "open"),
            f"{a['seconds']:.2f} s",
            bar(a["seconds"], most),
            a["questions"],
        )
        for a in p["actions"]
    ]
    cells = {
        (str(a["action"] or "initial states"), str(used)): MatrixCell("●", "ok", f"needs {used}")
        for a in p["actions"]
        for used in a["used"]
    }
    missing = [
        e("li", e("code", a["action"] or "initial states"), f": {what}")
        for a in p["actions"]
        for what in a["not_shown"]
    ]
    missing += [e("li", f"may be undefined: {place}") for place in p["senseless"]]
    missing += [e("li", p["unsupported"])] if p["unsupported"] else []
    heads = ("action", "is", "answer", "time", "", "questions")
    return [
        section(
            f"{_name(r['concrete'])} implements {_name(r['abstract'])}: proof for any size",
            e("p", verdict_badge(_PROVED if p["proved"] else "open")),
            facts([("actions", len(rows)), ("time", f"{p['seconds']:.2f} s")]),
            table(heads, rows, {3, 5}) if rows else None,
            e("h3", "Which invariants each action needs") if cells else None,
            matrix("needs", cells) if cells else None,
            e("h3", "Not shown") if missing else None,
            e("ul", *missing) if missing else None,
            _quorums(p["quorums"]),
        )
    ]


# ---------------------------------------------------------------- quorums


def compared(d: Json) -> list[Part]:
    """Of `quorums`: how available each system is, and which of them meet."""
    if "intersections" not in d:
        return []
    chances = dict.fromkeys(p for x in d["systems"] for p in x.get("available", ()))
    rows = [
        (
            e("code", x["system"]),
            x["kind"],
            *((x["smallest"], x["resilience"]) if "smallest" in x else (None, x["reason"])),
            *(f"{x['available'][p]:.6f}" if p in x.get("available", ()) else None for p in chances),
        )
        for x in d["systems"]
    ]
    heads = (
        "system",
        "kind",
        "smallest",
        "may be down",
        *(f"up, if {p} are down" for p in chances),
    )
    return [
        section(f"Systems over {d['size']} members", table(heads, rows, range(2, len(heads)))),
        section("Which meet", _quorums(d["intersections"])),
    ]
