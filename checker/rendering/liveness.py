"""What was found about properties of runs, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from quorate.checker.lazily import lazily
from quorate.checker.liveness.results import Lasso, Liveness, TemporalCheck, TemporalVerdict

from .output import Output
from .runs import undefined_line
from .words import amount, count, holding, seconds

if TYPE_CHECKING:
    from quorate.checker.liveness import explaining
else:
    explaining = lazily("quorate.checker.liveness.explaining")


def finding_line(check: TemporalCheck) -> str:
    """What is wrong with a property, in one line."""
    found, lasso = check.finding, check.lasso
    if found is not None and found.undefined is not None:
        return undefined_line(found.undefined, len(found.path))
    if found is not None:
        return f"{check.called} is violated by step {len(found.path)}"
    assert lasso is not None
    return f"{check.called} is violated: {explaining.MEANS[check.kind]}; {explaining.ending(lasso)}"


def show(out: Output, found: Liveness, indent: int = 0) -> None:
    """The verdict on each property."""
    names = [check.name for check in found.checks if check.verdict is TemporalVerdict.HOLDS]
    if names:
        held = holding(len(names), "temporal property")
        out.line(f"{held}: {', '.join(names)}{graph_of(found)}", "ok", indent)
    for check in found.checks:
        if check.verdict in (TemporalVerdict.VIOLATED, TemporalVerdict.UNDEFINED):
            out.line(finding_line(check), "bad", indent)
            for line in fairness_lines(check.lasso, found.fair):
                out.line(f"  {line}", indent=indent)
    open_ = [check.name for check in found.checks if check.verdict is TemporalVerdict.OPEN]
    if open_:
        out.line(f"not checked: {', '.join(open_)}: {found.reason}", "warn", indent)
    for text in found.warnings:
        out.line(text, "warn", indent)


def graph_of(found: Liveness) -> str:
    """The size of the graph, and what the analysis took."""
    size = f"{count(found.states, 'state')}, {count(found.edges, 'edge')}"
    return f" ({size}; {amount(found.size)}, {seconds(found.seconds)})"


def fairness_lines(lasso: Lasso | None, fair: bool) -> Iterator[str]:
    """How the run treats each action that has to be treated fairly; `fair`, if there is any."""
    if lasso is None:
        return
    yield from map(str, lasso.treated)
    if not fair:
        yield 'no action is fair, so nothing has to happen: say @action(fair="weak") where it does'
    elif not lasso.treated:
        yield "no action that is fair can be taken in any of its states"


def as_json(found: Liveness) -> dict[str, Any]:
    """The verdict on each property, for programs."""
    return {
        "states": found.states,
        "edges": found.edges,
        "bytes": found.size,
        "seconds": round(found.seconds, 4),
        "reason": found.reason,
        "properties": [_check(check) for check in found.checks],
    }


def _check(check: TemporalCheck) -> dict[str, Any]:
    lasso = check.lasso
    return {
        "name": check.name,
        "kind": check.kind,
        "verdict": check.verdict.value,
        "arguments": [repr(value) for value in check.arguments],
        "vacuous": list(check.vacuous),
        "stem": lasso and len(lasso.stem),
        "loop": lasso and len(lasso.loop),
        "ending": lasso and lasso.ending.value,
        "fairness": lasso
        and [
            {
                "action": t.unit.action,
                "arguments": {name: repr(value) for name, value in t.unit.arguments},
                "fairness": "strong" if t.unit.strong else "weak",
                "taken": t.taken,
                "disabled": t.disabled,
            }
            for t in lasso.treated
        ],
    }
