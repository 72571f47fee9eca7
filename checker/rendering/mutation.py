"""The mutants of a protocol: which its properties notice, and which they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from quorate.checker.loading import name_of
from quorate.checker.mutation import MutantFate, Mutation, Trial
from quorate.checker.results import Outcome

from . import exploration
from .output import Output
from .words import count, seconds

SURVIVORS = {
    MutantFate.SURVIVED: "survived: new states, in which no property is violated",
    MutantFate.UNCOMPARED: "survived, and the states cannot be compared",
    MutantFate.STOPPED: "not searched to the end",
    MutantFate.TOO_SMALL: "survived at these sizes, killed at larger ones",
    MutantFate.VACUOUS: "survived, since nothing at these sizes depends on what was changed",
    MutantFate.NARROWER: "survived: fewer states, and no goal is lost",
    MutantFate.SAME: "survived: the same states, and no proof that it is so at any size",
}
"""What is said of the mutants that count and were not killed."""


def finding_line(found: Mutation) -> str | None:
    """What is wrong with the protocol itself, in one line."""
    if found.wrong is not None:
        return f"{found.wrong[0]} is violated, by a run of {count(found.wrong[1], 'step')}"
    return exploration.finding_line(found.original)


def untried(found: Mutation) -> str | None:
    """Why nothing was tried, if that is so."""
    if (line := finding_line(found)) is not None:
        return f"the protocol itself does not hold, so nothing was tried: {line}"
    if not found.original.complete:
        reason = found.original.outcome.value
        if found.original.outcome is Outcome.LIMIT:
            reason += f" after {count(found.original.states, 'state')}; give --limit"
        return f"the search of the protocol itself is not complete, so nothing was tried: {reason}"
    if not found.counted:
        return "there is nothing to change: no operator applies to its actions"
    return None


def show(out: Output, found: Mutation) -> None:
    """The whole result."""
    out.title(f"{found.protocol.__name__}  {found.sizes}")
    if (reason := untried(found)) is not None:
        out.wrapped(reason, "warn" if finding_line(found) is None else "bad")
        return
    killed = len(found.killed)
    by = ", ".join(f"{name} {n}" for name, n in found.kills().items())
    out.wrapped(f"{count(killed, 'mutant')} killed{f', by {by}' if by else ''}", "ok" if by else "")
    if refining := found.of(MutantFate.REFINES):
        many = f"{count(len(refining), 'mutant')} not counted: no invariant could tell"
        out.wrapped(f"{many} {'it' if len(refining) == 1 else 'them'} from the protocol")
        _list(out, refining)
    for fate, says in SURVIVORS.items():
        if trials := found.of(fate):
            out.wrapped(f"{count(len(trials), 'mutant')} {says}", "warn")
            _list(out, trials)
    for text in (*_left_out(found), *_advice(found)):
        out.wrapped(text)
    assert found.score is not None
    total = len(found.counted)
    ok = "ok" if killed == total else "warn"
    out.line(f"score {found.score:.0%}: {killed} of {total} killed, {seconds(found.seconds)}", ok)


def _list(out: Output, trials: list[Trial]) -> None:
    for trial in trials:
        edit = trial.edit
        out.line(f"{edit.span.file}:{edit.span.line}, {trial.name}: {edit.operator}", indent=2)
        out.wrapped(str(edit), indent=3)
        out.wrapped(_why(trial), indent=3)


def _why(trial: Trial) -> str:
    return trial.why if trial.larger is None else f"{trial.why}: {_sizes(trial.larger)}"


def _sizes(larger: Mapping[str, int]) -> str:
    return ",".join(f"{name}={n}" for name, n in larger.items())


def _advice(found: Mutation) -> list[str]:
    """The larger size that tells most of those that no property tells at these, if several do."""
    sizes = [_sizes(t.larger) for t in found.of(MutantFate.TOO_SMALL) if t.larger is not None]
    if len(sizes) < 2:
        return []
    best, times = Counter(sizes).most_common(1)[0]
    return [f"{best} would kill {times} of those that survived here"]


def _left_out(found: Mutation) -> list[str]:
    lines = []
    if invalid := found.of(MutantFate.INVALID):
        example = f"{invalid[0].edit}: {invalid[0].why}"
        lines.append(f"{count(len(invalid), 'change')} made no protocol, such as {example}")
    if repeated := found.of(MutantFate.REPEATED):
        lines.append(f"{count(len(repeated), 'change')} made a protocol that was there already")
    if found.unchanged:
        names = ", ".join(found.unchanged)
        lines.append(
            f"not changed, since it is made in a function and reads its variables: {names}"
        )
    return lines


def as_json(found: Mutation) -> dict[str, Any]:
    """The result as plain data."""
    return {
        "protocol": name_of(found.protocol),
        "sizes": dict(found.sizes),
        "faults": found.sizes.faults,
        "outcome": "untried" if untried(found) else "tried",
        "reason": untried(found),
        "score": found.score,
        "killed": len(found.killed),
        "counted": len(found.counted),
        "kills": found.kills(),
        "unchanged": list(found.unchanged),
        "mutants": [_trial(t) for t in found.trials],
        "seconds": round(found.seconds, 3),
    }


def _trial(trial: Trial) -> dict[str, Any]:
    killer = trial.killer
    return {
        "number": trial.number,
        "operator": trial.edit.operator,
        "action": trial.name,
        "file": trial.edit.span.file,
        "line": trial.edit.span.line,
        "column": trial.edit.span.col + 1,
        "before": trial.edit.before,
        "after": trial.edit.after,
        "fate": trial.fate.value,
        "why": trial.why,
        "killer": killer and {"kind": killer.kind, "name": killer.name, "steps": killer.steps},
        "larger": None if trial.larger is None else dict(trial.larger),
        "states": trial.states,
        "seconds": round(trial.seconds, 3),
    }
