"""What a check showed, in figures and names, and the baseline that keeps it for later.

A baseline is a JSON file that is reviewed with the code: sorted, one figure a line. Later less may
be shown than it says, without any property being violated: an action that can never be taken any
more, a guard that never stops anything, an invariant that is not claimed. That is a loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from quorate.checker.errors import InputError
from quorate.checker.results import Exploration

VERSION = 1
SHOWN = (
    ("invariant", "holds", "holds", "not shown to hold"),
    ("proof of", "proved", "for any size", "none"),
    ("refinement", "refines", "shown", "not shown"),
)
"""What is lost if it is not shown again: what it is, the field, and how both are said."""


class Measured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one check showed.

    `model` is a hash of what the protocol means, and `asked` of what was asked of it. Counts are
    None, and what was covered is empty, where the states were not all found. Of actions, goals and
    guards it is said whether they were taken, reached, or stopped anything.
    """

    protocol: str
    model: str
    asked: str
    sizes: dict[str, int]
    faults: dict[str, int]
    states: int | None = None
    transitions: int | None = None
    depth: int | None = None
    actions: dict[str, bool] = {}
    goals: dict[str, bool] = {}
    guards: dict[str, bool] = {}
    holds: list[str] = []
    violated: dict[str, int] = {}
    proved: list[str] = []
    refines: list[str] = []


class Baseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the checks of a list showed, by their names."""

    checks: dict[str, Measured]
    version: int = VERSION


@dataclass(frozen=True)
class Loss:
    """Something that a baseline has, and that was not shown again."""

    check: str
    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.what}: {self.before} → {self.after}"


def covered(found: Exploration, goals: Iterable[str]) -> dict[str, Any]:
    """The fields that a search fills in; none if it did not find all states, or left steps out."""
    if not found.complete or found.por:
        return {}
    return {
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "actions": {name: times > 0 for name, times in found.fired.items()},
        "guards": dict(_guards(found)),
        "goals": {name: name in found.reached for name in goals},
    }


def _guards(found: Exploration) -> Iterator[tuple[str, bool]]:
    """Each guard by its action and text; the second of the same text has a number."""
    seen: dict[str, int] = {}
    for g in found.guards:
        if not g.bounds:
            name = f"{g.action}: {g.text}"
            seen[name] = seen.get(name, 0) + 1
            yield name if seen[name] == 1 else f"{name} ({seen[name]})", g.blocked > 0


# ---------------------------------------------------------------- comparing


def losses(before: Baseline, now: Mapping[str, Measured]) -> list[Loss]:
    """What a baseline has, and is not shown any more."""
    found = []
    for name, old in before.checks.items():
        if name not in now:
            found.append(Loss(name, "the check", "in the list", "gone"))
        else:
            found += _lost(name, old, now[name])
    return found


def _lost(check: str, old: Measured, new: Measured) -> Iterator[Loss]:
    if (old.model, old.asked) == (new.model, new.asked):
        for what in ("states", "transitions", "depth"):
            one, other = getattr(old, what), getattr(new, what)
            if one is not None and one != other:
                yield Loss(check, f"{what} of an unchanged model", f"{one:,}", _counted(other))
    for what, once, verb in (("action", "actions", "taken"), ("goal", "goals", "reached")):
        yield from _uncovered(check, what, getattr(old, once), getattr(new, once), verb, "gone")
    yield from _uncovered(check, "guard", old.guards, new.guards, "stops something", None)
    for what, field, was, is_ in SHOWN:
        for name in getattr(old, field):
            if name not in getattr(new, field):
                yield Loss(check, f"{what} {name}", was, is_)
    for name, depth in old.violated.items():
        if name not in new.violated:
            yield Loss(check, f"violation of {name}", f"after {depth} steps", "none")


def _counted(count: int | None) -> str:
    return "not all were found" if count is None else f"{count:,}"


def _uncovered(
    check: str,
    what: str,
    old: Mapping[str, bool],
    new: Mapping[str, bool],
    verb: str,
    gone: str | None,
) -> Iterator[Loss]:
    """What was covered and is not; if it is not in the model, only where `gone` says so."""
    for name, was in old.items():
        if was and name not in new:
            if gone is not None:
                yield Loss(check, f"{what} {name}", verb, gone)
        elif was and not new[name]:
            yield Loss(check, f"{what} {name}", verb, f"never {verb}")


# ---------------------------------------------------------------- the file


def written(baseline: Baseline) -> bytes:
    """A baseline as its file has it: sorted, so that a change of it is read as a difference."""
    text = msgspec.json.encode(baseline, order="sorted")
    return msgspec.json.format(text, indent=2) + b"\n"


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file. Raises InputError."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except OSError as error:
        said = f"{path}: cannot be read: {error.strerror}; write it with --write-baseline"
        raise InputError(said, str(path)) from None
    except msgspec.DecodeError as error:
        raise InputError(f"{path}: is no baseline: {error}", str(path)) from None
    if found.version != VERSION:
        said = f"{path}: version is {found.version}, expected {VERSION}: write it anew"
        raise InputError(said, str(path))
    return found
