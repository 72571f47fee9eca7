"""Two versions of a protocol side by side: what differs, and what follows."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from quorate.checker.loading import name_of
from quorate.checker.modification import Modification, OneWay, PartDifference, Version
from quorate.checker.refine.explored import RefinementStatus

from . import refinement
from .output import Output
from .words import as_many_faults, count, seconds


def finding_line(found: Modification) -> str | None:
    """What is worse in the new version, in one line."""
    if not found.worse:
        return None
    after = found.new.verdicts
    return "; ".join(f"{name} is {after[name]} now" for name in found.worse)


def show(out: Output, found: Modification) -> None:
    """The whole comparison."""
    names = dict.fromkeys(v.protocol.__name__ for v in (found.old, found.new))
    sizes = dict.fromkeys(str(v.sizes) for v in (found.old, found.new))
    out.title(f"{' → '.join(names)}  {' → '.join(sizes)}")
    _parts(out, found)
    _verdicts(out, found)
    _counts(out, found)
    old, new = found.old.sizes.faults, found.new.sizes.faults
    _direction(out, found.forth, "the new version", "the old one", as_many_faults(new, old))
    _direction(out, found.back, "the old version", "the new one", as_many_faults(old, new))
    _proofs(out, found)
    out.line(f"compared in {seconds(found.seconds)}")


def _parts(out: Output, found: Modification) -> None:
    if not found.parts:
        out.line("the two mean the same, part by part", "ok")
    for part in found.parts:
        which = f" ({', '.join(part.differs)})" if part.differs else ""
        out.line(f"{part.kind} {part.name} {part.change}{which}", "warn")
        for line in _source_lines(part):
            out.line(line, indent=2)


def _source_lines(part: PartDifference) -> Iterator[str]:
    """The lines that differ."""
    before, after = part.old.splitlines(), part.new.splitlines()
    for line in difflib.ndiff(before, after):
        if line.startswith(("- ", "+ ")):
            yield line


def _verdicts(out: Output, found: Modification) -> None:
    changed = found.changed_verdicts()
    same = [name for name in found.new.verdicts if name not in changed]
    if same:
        out.wrapped(f"the same verdict: {', '.join(same)}", "ok")
    for name, (before, after) in changed.items():
        mark = "bad" if name in found.worse else "warn"
        out.wrapped(f"{name}: {before or 'not there'} → {after or 'not there'}", mark)


def _counts(out: Output, found: Modification) -> None:
    """How much each version does: the counts of the searches, and the steps of each action."""
    before, after = found.old.search, found.new.search
    rows: list[tuple[str, int | None, int | None]] = [
        ("states", before.states, after.states),
        ("transitions", before.transitions, after.transitions),
        ("depth", before.depth, after.depth),
    ]
    actions = dict.fromkeys([*before.fired, *after.fired])
    rows += [(f"steps of {a}", before.fired.get(a), after.fired.get(a)) for a in actions]
    shown = [(name, _number(x), _number(y)) for name, x, y in rows]
    wide, left, right = (max(map(len, column)) for column in zip(*shown, strict=True))
    arrow = "->" if out.ascii else "→"  # put in later, it would take room from what aligns numbers
    for name, x, y in shown:
        out.line(f"{name:<{wide}}  {x:>{left}} {arrow} {y:>{right}}", indent=1)


def _number(n: int | None) -> str:
    return "-" if n is None else f"{n:,}"


def _direction(out: Output, direction: OneWay, one: str, other: str, given: str) -> None:
    check = direction.check
    if check is None:
        out.wrapped(f"whether {one} does more than {other} was not asked: {direction.reason}")
        return
    if direction.refines:
        steps = count(check.transitions, "step")
        out.wrapped(f"{one} does nothing that {other} does not{given}: {steps} compared", "ok")
        return
    if check.status is RefinementStatus.REFINES:
        out.wrapped(f"{one} takes no step that changes anything: nothing was compared", "warn")
        return
    failure = check.failure
    if failure is None:
        said = refinement.finding_line(check) or check.status.value
        out.wrapped(f"whether {one} does more than {other} is open: {said}", "warn")
        return
    length = len(failure.trace.steps)
    if failure.move is None:
        out.line(f"{one} begins where {other} does not:", "warn")
        out.line()
        out.table(failure.trace)
        return
    out.wrapped(f"{one} does what {other} does not, first after {count(length, 'step')}:", "warn")
    out.line()
    out.table(failure.trace)
    out.line()
    if failure.nearest is not None:
        step = failure.trace.steps[-1].title(names=False)
        same = str(failure.nearest) == step
        out.wrapped(f"{other} does not take step {length}{f', {step}' if same else ''}:")
        refinement.show_attempt(out, failure.nearest, named=not same)


def _proofs(out: Output, found: Modification) -> None:
    before, after = found.old.proof, found.new.proof
    if before is None or after is None:
        return
    line = f"for any size: {before.status.value} → {after.status.value}"
    lost = found.newly_unproved()
    out.line(line, "bad" if lost else "ok" if after.status is before.status else "")
    if lost:
        more = f", and {count(len(lost) - 1, 'other')}" if len(lost) > 1 else ""
        out.wrapped(f"the first obligation that is not proved any more: {lost[0]}{more}", indent=1)


def as_json(found: Modification) -> dict[str, Any]:
    """The comparison as plain data."""
    return {
        "old": _version_json(found.old),
        "new": _version_json(found.new),
        "parts": [_part_json(p) for p in found.parts],
        "worse": found.worse,
        "forth": _direction_json(found.forth),
        "back": _direction_json(found.back),
        "newly_unproved": found.newly_unproved(),
        "seconds": round(found.seconds, 3),
    }


def _version_json(version: Version) -> dict[str, Any]:
    search = version.search
    return {
        "protocol": name_of(version.protocol),
        "sizes": dict(version.sizes),
        "faults": version.sizes.faults,
        "outcome": search.outcome.value,
        "states": search.states,
        "transitions": search.transitions,
        "depth": search.depth,
        "fired": dict(search.fired),
        "verdicts": dict(version.verdicts),
        "proof": version.proof and version.proof.status.value,
    }


def _part_json(part: PartDifference) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "name": part.name,
        "change": part.change,
        "differs": list(part.differs),
        "old": part.old or None,
        "new": part.new or None,
    }


def _direction_json(direction: OneWay) -> dict[str, Any]:
    check = direction.check
    return {
        "refines": direction.refines,
        "outcome": _outcome(direction),
        "reason": direction.reason or None,
        "failure": check and check.failure and refinement.failure_json(check.failure),
    }


def _outcome(direction: OneWay) -> str:
    check = direction.check
    if check is None:
        return "not asked"
    vacuous = check.status is RefinementStatus.REFINES and not direction.refines
    return "nothing compared" if vacuous else check.status.value
