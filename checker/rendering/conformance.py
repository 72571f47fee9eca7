"""The result of driving an implementation along a model, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from quorate.checker.conform.driving.comparing import Kind
from quorate.checker.conform.driving.conformance import Driven, Verdict
from quorate.checker.conform.driving.following import run_text
from quorate.checker.conform.driving.judging import TIMES
from quorate.checker.conform.driving.repeating import FoundDifference
from quorate.checker.conform.replaying.battery import MutantReplayed
from quorate.checker.conform.replaying.replay import ReplayVerdict

from .departures import side_by_side
from .document import plain, run_json
from .output import Output
from .replays import outcome, replay_json
from .words import count, seconds

IN_FULL = 3
"""How many differences are shown in full; of the others there is one line each."""


def finding_line(what: str, found: Driven) -> str | None:
    """What is wrong with the implementation `what`; None if nothing was found."""
    if found.verdict is not Verdict.DIFFERS:
        return None
    return difference_line(what, next(d for d in found.differences if d.accepted is None))


def difference_line(what: str, d: FoundDifference) -> str:
    """One difference of the implementation `what`."""
    tried = f", {d.tried} after {count(len(d.run), 'step')}" if d.tried else ""
    return f"{what}: {d.kind.meaning}{tried}"


def report(
    out: Output, what: str, found: Driven, coverage: bool, again: Callable[[str | None], str] | None
) -> None:
    """The outcome for the implementation `what`.

    `again` is the command that does a run again; with None, all.
    """
    new = [d for d in found.differences if d.accepted is None]
    match found.verdict:
        case Verdict.DIFFERS:
            differing = count(len(new), "difference")
            out.wrapped(f"does not conform: {what} is not as the model: {differing}", "bad")
        case Verdict.CONFORMS:
            out.wrapped(f"conforms: {what} does what the model does{_limits(found)}", "ok")
        case Verdict.INCONCLUSIVE:
            out.wrapped(f"inconclusive: {found.reasons[0]}", "warn")
            for reason in found.reasons[1:]:
                out.wrapped(reason, "warn")
    _report_extent(out, found)
    for number, difference in enumerate(new, start=1):
        out.line()
        run = run_text(difference.start, difference.calls) if difference.seen_again else None
        command = None if again is None else again(run)
        report_difference(out, number, difference, number <= IN_FULL, command)
        _report_consequences(out, difference, again)
    _report_accepted(out, found)
    _report_coverage(out, found, coverage)


def _limits(found: Driven) -> str:
    """How far "does what the model does" goes: nothing is claimed of what was not tried."""
    known = sum(d.accepted is not None for d in found.differences)
    but_for = [
        *([f"{count(known, 'accepted difference')}"] if known else []),
        *([f"{count(found.skipped, 'skipped step')}"] if found.skipped else []),
    ]
    if but_for:
        return f", but for {' and '.join(but_for)}"
    return ", and nothing else" if found.probes else "; what it disables was not tried"


def _report_extent(out: Output, found: Driven) -> None:
    """How much was driven."""
    of = f" of {found.transitions:,}" if found.whole else ""
    states = f" of {found.states:,}" if found.whole else ""
    driven = f"{found.driven:,}{of} transitions driven, in {found.visited:,}{states} states"
    out.line(driven, indent=1)
    out.line(
        f"{count(found.steps, 'step')}, {count(found.probes, 'probe')}, "
        f"{count(found.walks, 'walk')}; {seconds(found.seconds)}, seed {found.seed}",
        indent=1,
    )
    missed = [name for name, reached in found.goals.items() if not reached]
    if found.goals and (missed or not found.whole):
        reached = len(found.goals) - len(missed)
        but = f"; not {', '.join(missed)}" if missed else ""
        out.wrapped(f"{reached} of {count(len(found.goals), 'goal')} reached{but}", indent=1)
    if found.never_enabled:
        kinds = count(found.never_enabled, "step")
        out.line(f"{kinds} that no state of the model enables tried too", indent=1)
    if found.skipped:
        out.wrapped(
            f"{count(found.skipped, 'step')} skipped: the adapter cannot bring them about", indent=1
        )
    if found.chosen:
        done = count(found.chosen, "step")
        out.line(f"{done} done with another argument, which the model has too", indent=1)
    if found.behind:
        behind = ", behind what was done otherwise or skipped"
        known = behind if found.differences or found.skipped else ""
        out.line(f"{count(found.behind, 'transition')} not reached{known}", indent=1)
    if found.unseen:
        out.wrapped(f"not shown, so not compared: {', '.join(found.unseen)}", indent=1)


def report_difference(
    out: Output, number: int, d: FoundDifference, full: bool = True, command: str | None = None
) -> None:
    """One difference; in full with the run to it, the values on both sides, and the guards.

    `command` shows it again.
    """
    met = f"met {d.count:,} times" if d.count > 1 else "met once"
    found = f"({met}, first after {d.found_at:,})"
    out.wrapped(f"{number}. {d.name}: {d.kind.meaning} {found}", "bad")
    if d.flaky:
        again = "not again" if not d.seen_again else f"again {d.seen_again} of {TIMES} times"
        out.line(f"flaky: when the run was repeated it was met {again}", "warn", 1)
    for what in d.unfinished:
        out.wrapped(what, "warn", 1)
    if not full:
        out.wrapped(f"{d.tried} after {count(len(d.run), 'step')}", indent=1)
        place = f"{d.unlike.place}: " if d.unlike.place else ""
        both = f"{place}the model has {d.unlike.model}, the code {d.unlike.code}"
        out.wrapped(both, indent=2)
        return
    show_both_sides(out, d)
    if command is not None:
        out.command("again:", command, indent=1)
    if d.trace is not None and d.trace.steps and number == 1:
        out.line()
        out.diagram(d.trace)


def show_both_sides(out: Output, d: FoundDifference) -> None:
    """The run to a difference, the values on both sides, and the guards."""
    if d.run:
        out.line("both agree after", indent=1)
        for k, step in enumerate(d.run, start=1):
            tried = "  (disabled by the model, and nothing was seen of it)" if step.probe else ""
            out.wrapped(f"{k:3}  {step.call}{tried}", indent=1)
    if d.tried is not None:
        out.wrapped(f"then {d.tried}", indent=1)
    if d.kind not in (Kind.REFUSES, Kind.CONTRADICTS):
        for line in side_by_side(d.values, out.width - 4):
            out.wrapped(line, indent=2)
    if d.kind in (Kind.REFUSES, Kind.CHOOSES, Kind.STARTS, Kind.CONTRADICTS) or not d.values:
        out.wrapped(f"the model has   {d.unlike.model}", indent=2)
        out.wrapped(f"the code has    {d.unlike.code}", indent=2)
    for guard, text in d.guards:
        place = f"{Path(guard.file).name}:{guard.line}"
        out.wrapped(f"{place}  require({text})", "ok" if guard.held else "bad", 2)


def _report_consequences(
    out: Output, d: FoundDifference, again: Callable[[str | None], str] | None
) -> None:
    """What a difference leads to, with the run to what is furthest away."""
    if d.consequences:
        out.line()
    for c in (in_order := sorted(d.consequences, key=lambda c: len(c.run))):
        steps = count(len(c.run), "step")
        out.wrapped(f"and so {c.violated} is violated by the code, after {steps}", "bad", 1)
    if in_order:
        text = run_text(in_order[-1].start, in_order[-1].run)
        if again is None:
            out.wrapped(text, indent=1)
        else:
            out.command("shown by:", again(text), indent=1)


def _report_accepted(out: Output, found: Driven) -> None:
    known = [d for d in found.differences if d.accepted is not None]
    if known or found.not_met:
        out.line()
    for d in known:
        out.wrapped(f"accepted: {d.name}, met {d.count:,} times ({d.accepted})", "warn")
    for name in found.not_met:
        out.wrapped(f"accepted, but not met: {name}", "warn")


def _report_coverage(out: Output, found: Driven, whole: bool) -> None:
    """What nothing exercised; with `whole`, each action and guard."""
    if whole or found.differences:
        out.line()
    idle = [a.name for a in found.actions if not a.exercised]
    if whole:
        for a in found.actions:
            who = " (the environment's)" if a.environment else ""
            out.line(
                f"{a.name}{who}: {a.taken:,} taken, {a.probed:,} probed"
                + (f", {a.differed:,} done otherwise" if a.differed else "")
                + (f", {a.skipped:,} skipped" if a.skipped else ""),
                indent=1,
            )
            for g in a.guards:
                what = f"{g.refused:,} refused"
                if g.delivery or g.end:
                    what = "a message that must exist" if g.delivery else "the end of a range"
                alone = f", {g.alone:,} by it alone" if g.alone else ""
                out.wrapped(f"{what}{alone}: require({g.text})", indent=3)
    if idle:
        out.wrapped(f"never exercised: {', '.join(idle)}", "warn")
    unprobed = [
        f"{a.name} (line {g.line})"
        for a in found.actions
        for g in a.guards
        if not (a.environment or g.delivery or g.end or g.refused)
    ]
    if unprobed and found.probes and not whole:
        out.wrapped(f"guards that nothing was refused by: {', '.join(unprobed)}", indent=1)


def report_mutants(out: Output, mutants: Sequence[MutantReplayed]) -> None:
    """How the implementation fared along the counterexamples of mutants."""
    if mutants:
        out.line()
        out.title("Mutants")
    for m in mutants:
        if m.replay is None:
            out.wrapped(f"{m.name}: {m.reason}", indent=1)
        else:
            mark = {ReplayVerdict.REFUSED: "ok", ReplayVerdict.REPRODUCED: "bad"}
            out.wrapped(f"{m.name}: {outcome(m.replay)}", mark.get(m.replay.verdict, "warn"), 1)


# ---------------------------------------------------------------- for programs


def mutants_json(mutants: Sequence[MutantReplayed]) -> list[dict[str, Any]]:
    """Each mutant; without a replay the reason why there is none."""
    return [
        {"name": m.name, "reason": m.reason, "replay": m.replay and replay_json(m.replay)}
        for m in mutants
    ]


def as_json(what: str, found: Driven, written: Mapping[str, Path]) -> dict[str, Any]:
    """The outcome as plain data; `written` are the files with the differences' runs, by name."""
    first = next((str(written[d.name]) for d in found.differences if d.name in written), None)
    return {
        "implementation": what,
        "verdict": found.verdict.value,
        "reasons": list(found.reasons),
        "differences": [difference_json(d, written.get(d.name)) for d in found.differences],
        "not_met": list(found.not_met),
        "whole": found.whole,
        "states": found.states,
        "transitions": found.transitions,
        "driven": found.driven,
        "not_taken": found.not_taken,
        "not_reached": found.behind,
        "visited": found.visited,
        "goals": dict(found.goals),
        "walks": found.walks,
        "steps": found.steps,
        "probes": found.probes,
        "never_enabled": found.never_enabled,
        "skipped": found.skipped,
        "chosen_otherwise": found.chosen,
        "unseen": list(found.unseen),
        "seed": found.seed,
        "seconds": found.seconds,
        "trace": first,
        "actions": [
            {
                "name": a.name,
                "environment": a.environment,
                "taken": a.taken,
                "differed": a.differed,
                "skipped": a.skipped,
                "probed": a.probed,
                "guards": [
                    {
                        "line": g.line,
                        "text": g.text,
                        "delivery": g.delivery,
                        "end": g.end,
                        "refused": g.refused,
                        "alone": g.alone,
                    }
                    for g in a.guards
                ],
            }
            for a in found.actions
        ],
    }


def difference_json(d: FoundDifference, written: Path | None = None) -> dict[str, Any]:
    """One difference as plain data; `written` is the file with its run."""
    return {
        "name": d.name,
        "action": d.action,
        "kind": d.kind.value,
        "variable": d.variable,
        "place": d.unlike.place,
        "model": d.unlike.model,
        "implementation": d.unlike.code,
        "count": d.count,
        "found_at": d.found_at,
        "seen_again": d.seen_again,
        "flaky": d.flaky,
        "accepted": d.accepted,
        "unfinished": list(d.unfinished),
        "steps": [
            {
                "action": s.call.action,
                "arguments": {name: plain(v) for name, v in s.call.args.items()},
                "probe": s.probe,
            }
            for s in d.run
        ],
        "tried": d.tried
        and {
            "action": d.tried.action,
            "arguments": {name: plain(v) for name, v in d.tried.args.items()},
        },
        "values": [
            {"place": v.place, "before": v.before, "model": v.model, "implementation": v.code}
            for v in d.values
        ],
        "guards": [
            {"file": g.file, "line": g.line, "text": text, "held": g.held} for g, text in d.guards
        ],
        "text": run_text(d.start, d.calls),
        "consequences": [
            {"violated": c.violated, "text": run_text(c.start, c.run)} for c in d.consequences
        ],
        "run": d.trace and run_json(d.trace),
        "trace": None if written is None else str(written),
    }
