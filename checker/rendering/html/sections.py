"""The parts of a page, each made of some fields of the object that `--json` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from quorate.checker.rendering.words import count

from .charts import levels_chart
from .elements import Part, badge, bar, e, facts, folded, section, table
from .spacetime import run_parts

Json = Mapping[str, Any]

_COUNTS = (
    *("states", "transitions", "depth", "bits", "steps", "walks", "probes", "images"),
    *("stutters", "visited", "driven", "killed", "counted", "seed"),
)
GOOD = {
    "holds",
    "nothing is worse",
    "found",
    "proved",
    "conforms",
    "reached",
    "refines",
    "killed",
    "reproduced",
    "refused",
    "linearizable",
    "explained",
}
PLAIN = {"finished", "a trace", "tried"}
BAD = {
    "violated",
    "undefined",
    "does not conform",
    "does not refine",
    "diverges",
    "survived",
    "not linearizable",
    "unexplained",
}


def verdict_badge(word: str) -> Element:
    """A word for an outcome, in its colour."""
    kind = "ok" if word in GOOD else "bad" if word in BAD or word.startswith("violated") else "warn"
    return badge(word, "plain" if word in PLAIN or word.startswith("score") else kind)


def sizes_in(d: Json) -> str:
    """The sizes of a result, of its run, or of its only protocol."""
    only = d.get("protocols") or ()
    about = [d, d.get("run") or {}, *(only if len(only) == 1 else ())]
    found: Json = next((part["sizes"] for part in about if part.get("sizes")), {})
    return ", ".join(f"{k}={v}" for k, v in found.items())


def numbers(d: Json) -> Element | None:
    """The counts of a search."""
    pairs: list[tuple[str, Part]] = [(n, d[n]) for n in _COUNTS if isinstance(d.get(n), int)]
    took = d.get("seconds")
    pairs.append(("time", None if took is None else f"{took:.2f} s"))
    return section("Numbers", facts(pairs))


def properties(d: Json) -> Element | None:
    """The properties, and what is known of each."""
    rows: list[tuple[Part, Part]] = []
    for item in d.get("invariants") or ():
        if isinstance(item, Mapping) and "standing" in item:
            how = f" ({item['how']})" if item["standing"] == "proved" and item.get("how") else ""
            rows.append((e("code", item["invariant"]), [verdict_badge(item["standing"]), how]))
        elif isinstance(item, Mapping):
            k = item.get("k")
            verdict = "not k-inductive" if k is None else "proved"
            rows.append((e("code", _named(item)), [verdict_badge(verdict), k and f" (k = {k})"]))
        elif isinstance(item, str) and "outcome" in d:
            rows.append((e("code", item), verdict_badge(_standing(d, item))))
    for check in (d.get("temporal") or {}).get("properties", ()):
        said = f"{check['name']}({', '.join(check['arguments'])})"
        rows.append((e("code", said), verdict_badge(check["verdict"])))
    unmet = "not reached so far" if d.get("por") or d.get("complete") is False else "not reached"
    for name, met in (d.get("goals") or dict.fromkeys(d.get("reached", ()), True)).items():
        rows.append((e("code", name), verdict_badge("reached" if met else unmet)))
    if not rows:
        return None
    return section("Properties", table(("property", "verdict"), rows, stacked=True))


def _standing(d: Json, invariant: str) -> str:
    if d.get("violated") == invariant:
        return "violated"
    every = d["outcome"] == "holds" or (d.get("complete") and d["states"])
    return "holds" if every else "not violated so far"


def runs(d: Json) -> list[Part]:
    """Every run in it: the counterexample, those of invariants and directions, the samples."""
    found: list[Part] = []
    if d.get("run"):
        wrong = d["run"].get("violation") or d["run"].get("undefined")
        found.append(section("Counterexample" if wrong else "The run", *run_parts(d["run"])))
    for item in d.get("invariants") or ():
        if isinstance(item, Mapping) and item.get("run"):
            found.append(_run_of_invariant(item))
    samples = d.get("samples") or {}
    shown = [
        folded(
            f"{name}: {count(len(run['steps']), 'step')}", run_parts(run), opened=len(samples) == 1
        )
        for name, run in samples.items()
    ]
    found.append(section("Sample runs: the shortest to each goal", *shown) if shown else None)
    return found


def _run_of_invariant(item: Json) -> Part:
    """A run that violates an invariant, or a step that only shows that it is not inductive."""
    title = _named(item) + (f" at {item['sizes']}" if item.get("sizes") else "")
    if item.get("standing") in ("violated", "undefined"):
        return section(f"A run for {title}", *run_parts(item["run"]))
    told = e(
        "p", "From a state that need not be reachable; up to the last step the invariants hold."
    )
    return section(f"{title}: not inductive", told, *run_parts(item["run"], reachable=False))


def _named(item: Json) -> str:
    return str(item["invariant"] or "every step makes sense")


def coverage(d: Json) -> Element | None:
    """How often each action was enabled, and what stopped it."""
    if not d.get("fired"):
        return None
    most = max(d["fired"].values())
    rows: list[Sequence[Part]] = []
    for action, times in d["fired"].items():
        name = e("code", action)
        rows.append((name, times if times else badge("never", "warn"), bar(times, most)))
        for g in (g for g in d.get("guards", ()) if g["action"] == action):
            text = e("code", f"require({g['text']})", class_="guard")
            rows.append(([text, f" line {g['line']}"], g["blocked"], None))
    told = "Steps of each action; below, how often each guard was the first to stop it."
    if d.get("sampled"):
        told += f" Guards were counted over a sample of {d['sampled']:,} states."
    heads = ("action or guard", "times", "")
    return section("Coverage", e("p", told), table(heads, rows, {1}))


def levels(d: Json) -> Element | None:
    """States per depth."""
    return section("States per depth", levels_chart(d.get("levels") or ()))


def mutants(d: Json) -> Element | None:
    """Of `mutate`: what became of each mutant."""
    tried = d.get("mutants")
    if not tried or "fate" not in tried[0]:
        return None
    rows = [
        (
            verdict_badge(m["fate"]),
            e("code", m["action"]),
            m["operator"],
            [e("div", e("code", e(tag, m[key]))) for tag, key in _SIDES],
            _killed(m),
        )
        for m in sorted(tried, key=lambda m: m["fate"] == "killed")
    ]
    score = d["score"]
    told = None if score is None else e("p", f"score {100 * score:.0f} % ", bar(score, 1))
    heads = ("fate", "action", "operator", "change", "why")
    return section("Mutants", told, table(heads, rows, stacked=True))


_SIDES = (("del", "before"), ("ins", "after"))


def _killed(m: Json) -> str:
    k = m["killer"]
    if k is None:
        return str(m["why"] or "")
    if k["kind"] == "goal":
        return f"the goal {k['name']} is no longer reached"
    return f"by {k['name']}" + (
        f" in {count(k['steps'], 'step')}" if k["steps"] is not None else ""
    )


def verified(d: Json) -> list[Part]:
    """Of `verify`: each protocol, and each bug that was seeded."""
    found: list[Part] = []
    for p in d.get("protocols") or ():
        found.append(
            section(
                p["protocol"],
                e("p", verdict_badge(p["outcome"]), f"  {sizes_in(p)}"),
                numbers(p),
                _checks(p),
                warnings(p),
                *(run_parts(p["run"]) if p["run"] else ()),
            )
        )
    duels = [
        (
            e("code", x["protocol"]),
            verdict_badge("found" if x["as_expected"] else "not as expected"),
        )
        for x in d.get("livelocks") or ()
    ]
    found.append(section("Livelocks", table(("of", "verdict"), duels)) if duels else None)
    rows = [
        (
            m["code"],
            e("code", m["name"]),
            m["title"],
            m["violates"],
            m["steps"],
            verdict_badge("found" if m["as_expected"] else "not as expected"),
        )
        for m in d.get("mutants") or ()
        if "as_expected" in m
    ]
    heads = ("code", "bug", "what", "violates", "steps", "verdict")
    found.append(section("Seeded bugs", table(heads, rows, {4})) if rows else None)
    return found


def _checks(p: Json) -> Part:
    """What was asked of a protocol besides exploring it, and the answers."""
    rows: list[tuple[Part, Part]] = [
        ([e("code", c["invariant"]), " in every state, by Z3"], verdict_badge(c["verdict"]))
        for c in p["z3"]
    ]
    for check in (p["temporal"] or {}).get("properties", ()):
        rows.append((e("code", check["name"]), verdict_badge(check["verdict"])))
    rows += [
        (name, verdict_badge(p[key]))
        for name, key in (("k-induction", "inductive"), ("proof for any size", "any_size"))
        if p[key]
    ]
    rows += [
        (q["statement"], [verdict_badge(q["verdict"]), f" {q['scope']}"]) for q in p["quorums"]
    ]
    rows += [
        (f"replay {n} on the implementation", verdict_badge(r["verdict"]))
        for n, r in enumerate(p["replays"], start=1)
    ]
    return table(("what", "verdict"), rows, stacked=True) if rows else None


def warnings(d: Json) -> Element | None:
    """What a result leaves open."""
    said = list(d.get("warnings") or ())
    if runs := d.get("unproved_runs"):
        said.append(f"properties of runs, not proved here: {', '.join(runs)}")
    return section("Warnings", e("ul", *(e("li", w) for w in said))) if said else None


def mistake(d: Json) -> Element | None:
    """An error instead of a result."""
    error = d.get("error")
    return section("Error", e("pre", error["message"])) if error else None
