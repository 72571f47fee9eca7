"""The result of a search, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quorate.checker.lazily import lazily
from quorate.checker.liveness.results import Liveness
from quorate.checker.loading import name_of
from quorate.checker.results import DEADLOCK, Exploration, Orbits, Outcome
from quorate.model.language import Protocol, Sizes

from . import liveness
from .output import Output
from .runs import show_found, undefined_line, violation_line
from .words import amount, count, holding, seconds

if TYPE_CHECKING:
    from quorate.checker.explore.store.budget import Estimate
    from quorate.traces import Trace

    from . import document
else:
    document = lazily("quorate.checker.rendering.document")

NOTHING = "nothing claimed"  # an outcome, for programs


def memory_line(estimate: Estimate, follow: Mapping[str, tuple[str, ...]]) -> str:
    """The size of a state; `follow` maps messages to the variables derived from them."""
    derived = "; ".join(
        f"{', '.join(names)} {'follows' if len(names) == 1 else 'follow'} from {messages}"
        for messages, names in follow.items()
    )
    bits = f"{estimate.bits} bits a state" + (f" ({derived})" if derived else "")
    return (
        f"{bits}, {estimate.bytes_per_state} bytes with parent and table; "
        f"{count(estimate.instances, 'action instance')}"
    )


def fits_line(estimate: Estimate, memory: int) -> str:
    """How many states fit in the memory."""
    most = estimate.most_states_in_memory
    return f"{count(most, 'state')} fit in {amount(memory)}; more go to the disk"


def finding_line(found: Exploration) -> str | None:
    """What is wrong, in one line; None if no violation was found."""
    if found.initial is None:
        return None
    return violation_line(found.violated, found.undefined, found.path)


def report(
    out: Output,
    invariants: Sequence[str],
    found: Exploration,
    warned: Sequence[str],
    trace: Trace | None,
    coverage: bool,
    runs: Liveness | None = None,
) -> None:
    """The result, for people; `runs` is what was found about properties of runs."""
    empty = vacuous(found, invariants) and (runs is None or not found.states)
    mark = "ok" if found.complete and not empty else ""
    _verdict(out, invariants, found, mark)
    if found.orbits is not None:
        _orbits(out, found, found.orbits, mark)
    for line in kept_lines(found):
        out.line(line)
    if runs is not None and found.initial is None:
        liveness.show(out, runs)
    if found.initial is not None:
        show_found(out, trace, found.path)
    elif runs is not None and runs.wrong is not None:
        show_found(out, trace, runs.wrong.path)
    if coverage:
        _coverage(out, found)
    for warning in warned:
        out.line(warning, "warn")


def _verdict(out: Output, invariants: Sequence[str], found: Exploration, mark: str) -> None:
    match found.outcome:
        case Outcome.HOLDS:
            _holds(out, invariants, found, mark)
        case Outcome.VIOLATED:
            out.line(f"{found.violated} is violated: {_size(found)}", "bad")
        case Outcome.UNDEFINED:
            assert found.undefined is not None
            what = undefined_line(found.undefined, len(found.path))
            out.line(f"{what}: {_size(found)}", "bad")
        case Outcome.WITHIN:
            beyond = count(found.outside, noun_of(found))
            out.line(
                f"nothing was found within the constraints of the search: {_size(found)}; from "
                f"{beyond} outside, which were checked as well, no step was taken",
                "warn",
            )
        case _:
            out.line(_open(found), "warn")


def _size(found: Exploration) -> str:
    """How much was searched, and how long that took."""
    if not found.states and not found.complete:
        return f"{count(found.depth, 'step')}, {seconds(found.seconds)}"
    return (
        f"{count(found.states, noun_of(found))}, {count(found.transitions, 'transition')}, "
        f"depth {found.depth}, {seconds(found.seconds)}"
    )


def _holds(out: Output, invariants: Sequence[str], found: Exploration, mark: str) -> None:
    which = "enough states to meet any violation" if found.por else "all reachable states"
    out.line(f"{which}: {_size(found)}", mark)
    named = [name for name in invariants if name != DEADLOCK]
    if mark and named:
        out.line(f"{holding(len(named))}: {', '.join(named)}", mark)
    if DEADLOCK in invariants:
        out.line("no deadlock: something can happen in every state that is not final", mark)
    for name in sorted(found.reached):
        out.line(f"reached: {name}", mark)


_STOPPED = {
    Outcome.INTERRUPTED: "interrupted",
    Outcome.LIMIT: "stopped at the limit",
    Outcome.OUT_OF_MEMORY: "stopped: no more memory",
}


def _open(found: Exploration) -> str:
    """What a search says that has found nothing, and has not seen all."""
    if found.partial is not None:
        why = _STOPPED.get(found.outcome, "not exhaustive")
        seen = _size(found) if found.states else seconds(found.seconds)
        return f"{why}; nothing was found so far in {seen}: {found.partial}"
    solver_ends = {
        Outcome.BOUND: "longer runs were not looked at",
        Outcome.UNKNOWN: "about longer ones the solver does not know",
        Outcome.INTERRUPTED: "interrupted",
    }
    if found.outcome in solver_ends and not found.states:
        known = f"no run of at most {count(found.depth, 'step')} violates an invariant"
        if found.depth < 0:
            known = "nothing is known, not even of the initial states"
        return f"{known} ({seconds(found.seconds)}); {solver_ends[found.outcome]}"
    return (
        f"{_STOPPED[found.outcome]}; nothing was found so far in {_size(found)}; "
        f"{count(found.waiting, noun_of(found))} were still to be expanded"
    )


def vacuous(found: Exploration, invariants: Sequence[str]) -> bool:
    """Whether a complete search claimed nothing or had no state: then nothing holds."""
    return found.complete and not (invariants and found.states)


def noun_of(found: Exploration) -> str:
    """What a search counted: states, or with symmetry orbits."""
    return "orbit" if found.orbits is not None and found.orbits.sorts else "state"


def _orbits(out: Output, found: Exploration, orbits: Orbits, mark: str) -> None:
    """How many states the orbits have, and which sorts could not be reduced."""
    if orbits.sorts:
        names = (f"{n} ({orbits.special[n]})" if n in orbits.special else n for n in orbits.sorts)
        out.line(
            f"{count(found.states, 'orbit')} {'stands' if found.states == 1 else 'stand'} for "
            f"{count(orbits.states, 'state')} ({' × '.join(names)}, "
            f"{orbits.permutations:,} permutations)",
            mark,
        )
    elif not orbits.refused:
        out.line("no sort has two elements or more: there is no symmetry")
    for name, why in orbits.refused.items():
        out.line(f"{name}s are not interchangeable: {why}")


def _coverage(out: Output, found: Exploration) -> None:
    over = f" over a sample of {found.sampled:,} {noun_of(found)}s" if found.sampled else ""
    out.line()
    if not over and noun_of(found) == "orbit":
        over = " over one state of each orbit"
    if found.por:
        over += " without the steps that were left out"
    out.title(f"coverage{over}")
    if not found.guards:
        why = "there are none, or too many" if found.complete else "the search is not complete"
        out.line(f"no guards were counted: {why}")
    for name, times in found.fired.items():
        out.line(f"{times:>14,}  {name} enabled")
        for g in found.guards:
            if g.action == name:
                out.line(f"{g.blocked:>14,}    line {g.line}: stopped by require({g.text})")


def symmetry_of(found: Exploration) -> dict[str, Any] | None:
    """The symmetry reduction, for programs: all other counts are then of orbits."""
    if found.orbits is None:
        return None
    return {
        "sorts": list(found.orbits.sorts),
        "permutations": found.orbits.permutations,
        "full_states": found.orbits.states,
        "refused": dict(found.orbits.refused),
        "special": dict(found.orbits.special),
    }


def as_json(
    target: type[Protocol],
    bounds: Sizes,
    invariants: Sequence[str],
    found: Exploration,
    warned: Sequence[str],
    run: Trace | None,
    trace: Path | None,
    outcome: str,
    runs: Liveness | None,
) -> dict[str, Any]:
    """The result, for programs; `run` violates, and is in the file `trace`."""
    wrong = runs and runs.wrong
    return {
        "protocol": name_of(target),
        "sizes": dict(bounds),
        "faults": bounds.faults,
        "outcome": outcome,
        "states": found.states,
        "symmetry": symmetry_of(found),
        "por": found.por,
        "bits": found.bits or None,
        "words": found.words or None,
        "follow": {messages: list(names) for messages, names in found.follow.items()},
        "transitions": found.transitions,
        "depth": found.depth,
        "seconds": round(found.seconds, 4),
        "violated": wrong.called if wrong else found.violated,
        "invariants": list(invariants),
        "temporal": runs and liveness.as_json(runs),
        "reached": sorted(found.reached),
        "fired": dict(found.fired),
        "guards": [
            {"action": g.action, "line": g.line, "text": g.text, "blocked": g.blocked}
            for g in found.guards
        ],
        "sampled": found.sampled,
        "spilled": None if found.spilled is None else asdict(found.spilled),
        "resumed": None if found.resumed is None else asdict(found.resumed),
        "partial": found.partial,
        "outside": found.outside,
        "warnings": list(warned),
        "trace": str(trace) if trace is not None else None,
        "run": document.run_json(run, trace) if run is not None else None,
    }


def kept_lines(found: Exploration) -> Iterator[str]:
    """The disk space of a search on disk, and whether it was resumed."""
    if found.spilled is not None:
        s = found.spilled
        yield (
            f"on disk after {count(s.states, 'state')}: "
            f"{s.bytes_per_state:.1f} bytes a state, {amount(s.most_bytes)} at most"
        )
    if found.resumed is not None:
        r = found.resumed
        if r.finished:
            yield "the search was finished already: this is what its checkpoint says"
        else:
            yield f"resumed from a checkpoint with {count(r.states, 'state')}"
