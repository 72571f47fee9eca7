"""How a running cluster fared under faults, for people and for programs."""

from __future__ import annotations

from typing import Any

from quorate.checker.conform.cluster.campaign import Campaign, ClusterVerdict, FoundInRun
from quorate.checker.conform.logs.outcome import LogVerdict

from . import logs
from .output import Output
from .words import count, seconds, shortened

MOST_TEXT = 300
MOST_LINE = 160
MOST_FINDINGS = 4

FAULTS = {
    "loss": "{} lost",
    "duplicate": "{} duplicated",
    "delay": "{} delayed",
    "reorder": "{} reordered",
    "cut": "{} cut off in the middle",
}
"""What the network did to messages, by the names of the rates."""


def finding_line(what: str, done: Campaign) -> str | None:
    """What is wrong with the cluster `what`; None if nothing was found."""
    if done.found is None:
        return None
    first = done.found.findings[0]
    return f"{what}: {first.kind}: {first.text}"


def report(out: Output, what: str, model: str | None, done: Campaign, command: str | None) -> None:
    """The outcome for the cluster `what`; `command` is how to get it again."""
    within = f"in {count(done.runs, 'run')}, {seconds(done.seconds)}"
    match done.verdict:
        case ClusterVerdict.CONFORMS:
            out.line(f"conforms: {what} did what {model} does, whatever happened to it", "ok")
        case ClusterVerdict.INCONCLUSIVE:
            out.line(f"inconclusive: {done.reasons[0]}", "warn")
            for reason in done.reasons[1:]:
                out.line(reason, "warn")
        case ClusterVerdict.DIFFERS:
            assert done.found is not None, "so something was found"
            where = f"run {done.found.number}, after {seconds(done.found.elapsed_s)}"
            out.line(f"does not conform: {what}, {where}", "bad")
    _extent(out, model, done, within)
    if done.found is not None:
        _found(out, model, done.found, command)


def _extent(out: Output, model: str | None, done: Campaign, within: str) -> None:
    """What was done."""
    out.line(f"{count(done.decided, 'decision')} {within}; seed {done.seed}", indent=1)
    late = done.runs - done.finished - (done.found is not None)
    if late > 0:
        out.line(f"not all clients had an answer in time: {count(late, 'run')}", "warn", 1)
    said = "answers agree" if done.found is None else "answers were given"
    out.line(f"{done.answers:,} {said}; {_lines(model, done)}", indent=1)
    by_name = {name: n for name, _, n in done.happened}
    faults = ", ".join(text.format(f"{by_name[name]:,}") for name, text in FAULTS.items())
    traffic = done.traffic
    out.line(f"{count(traffic.messages, 'message')}: {faults};", indent=1)
    cut = count(done.partitions, "partition")
    cut += f", {done.drifted:,} with clocks that fell behind" if done.drifts else ""
    lost = f"{cut}, which lost {traffic.partitioned:,}; {traffic.undelivered:,} for the dead"
    out.line(lost, indent=1)
    slowed = f", {count(done.slowed, 'slow disk')}" if done.slows else ""
    out.line(f"{count(done.pauses, 'pause')}{slowed}", indent=1)
    kills = [f"{done.kills['kill']:,} at random", *(f"{done.kills[p]:,} {p}" for p in done.points)]
    total = count(sum(done.kills.values()), "kill -9")
    out.line(f"{total}: {', '.join(kills)}; {count(done.restarts, 'restart')}", indent=1)
    off = [name for name, rate, _ in done.happened if not rate]
    if off:
        out.line(f"not asked for: {', '.join(off)}", indent=1)


def _lines(model: str | None, done: Campaign) -> str:
    if model is None:
        return "no logs were held against a model"
    lines = count(done.lines, "line")
    return f"{lines} of logs explained, by {count(done.steps, 'step')} of {model}"


def _found(out: Output, model: str | None, found: FoundInRun, command: str | None) -> None:
    out.line()
    for finding in found.findings[:MOST_FINDINGS]:
        when = f", {seconds(finding.at_s)} into the run" if finding.at_s else ""
        out.line(f"{finding.kind}{when}: {shortened(finding.text, MOST_TEXT)}", "bad", 1)
    if len(found.findings) > MOST_FINDINGS:
        out.line(f"and {len(found.findings) - MOST_FINDINGS} more", indent=1)
    validation = found.validation
    if validation is not None and validation.verdict is LogVerdict.UNEXPLAINED and model:
        out.line()
        logs.report(out, model, validation)
    for file, lines in found.tails:
        out.line()
        out.line(f"the end of {file}:", indent=1)
        for line in lines:
            out.line(shortened(line, MOST_LINE), indent=2)
    out.line()
    out.line(f"files: {found.folder}", indent=1)
    if command is not None:
        out.command("again:", command, indent=1)


# ---------------------------------------------------------------- JSON


def as_json(what: str, model: str | None, done: Campaign) -> dict[str, Any]:
    """The outcome as plain data."""
    traffic = done.traffic
    return {
        "system": what,
        "protocol": model,
        "verdict": done.verdict.value,
        "reasons": list(done.reasons) if done.found is None else [],
        "seed": done.seed,
        "seconds": done.seconds,
        "runs": done.runs,
        "finished": done.finished,
        "decisions": done.decided,
        "answers": done.answers,
        "rates": dict(done.rates.items()),
        "faults": {name: n for name, _, n in done.happened},
        "messages": {
            "sent": traffic.messages,
            "delivered": traffic.delivered,
            "partitioned": traffic.partitioned,
            "undelivered": traffic.undelivered,
        },
        "restarts": done.restarts,
        "lines": done.lines,
        "steps": done.steps,
        "validated": done.validated,
        "unjudged": [{"seed": seed, "reason": why} for seed, why in done.unjudged],
        "found": done.found and _found_json(model, done.found),
    }


def _found_json(model: str | None, found: FoundInRun) -> dict[str, Any]:
    validation = found.validation
    return {
        "seed": found.seed,
        "run": found.number,
        "seconds": found.elapsed_s,
        "findings": [{"kind": f.kind, "text": f.text, "at": f.at_s} for f in found.findings],
        "log": validation and model and logs.as_json(model, validation),
        "tails": {file: list(lines) for file, lines in found.tails},
        "folder": str(found.folder),
    }
