"""What was found about properties of runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from quorate.checker.results import Finding, Move
from quorate.model.language import Protocol
from quorate.model.language.interpreter import Arguments, State


class TemporalVerdict(Enum):
    """What is known of a property of runs."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNDEFINED = "undefined"
    OPEN = "open"  # it was not looked at, or not in all runs


class Ending(Enum):
    """How a run that violates a property goes on for ever."""

    CYCLE = "cycle"
    STUTTER = "stutter"  # steps are possible, but none has to be taken
    DEADLOCK = "deadlock"  # no step is possible that changes anything


@dataclass(frozen=True)
class FairUnit:
    """What has to be treated fairly: an action, or an action with some of its arguments."""

    action: str
    strong: bool
    arguments: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments)
        return f"{self.action}({given})" if given else self.action


@dataclass(frozen=True)
class Treated:
    """How a loop treats something fairly: `taken` in that step, or not enabled in that state.

    Steps and states are numbered as in the run: state n is the one after step n. Where both are
    None, the unit is strongly fair and enabled in no state of the loop.
    """

    unit: FairUnit
    taken: int | None = None
    disabled: int | None = None

    def __str__(self) -> str:
        how = "strongly" if self.unit.strong else "weakly"
        if self.taken is not None:
            what = f"taken in step {self.taken}"
        elif self.disabled is not None:
            what = f"not possible {after(self.disabled)}"
        else:
            what = "not possible anywhere in the loop"
        return f"{self.unit} ({how} fair): {what}"


def after(step: int) -> str:
    """A state, by the step that leads to it."""
    return f"after step {step}" if step else "at first"


@dataclass(frozen=True)
class Lasso:
    """A run that violates a property: `stem`, then `loop` over and over.

    The loop is empty if nothing happens any more. Each step was taken by CPython, and the loop
    leads back to the state where it began. `treated` has each fair unit that is enabled in some
    state of the run.
    """

    initial: State
    stem: tuple[Move, ...]
    loop: tuple[Move, ...]
    ending: Ending
    treated: tuple[Treated, ...]

    @property
    def path(self) -> tuple[Move, ...]:
        """The stem, and the loop once."""
        return (*self.stem, *self.loop)


@dataclass(frozen=True)
class TemporalCheck:
    """What was found about one property of runs.

    `arguments` are the values of its parameters for which it is violated or undefined. `lasso` is
    the run that violates it or, of a property of steps, `finding` is the run to the step; so it is
    for what is undefined. `vacuous` says why a property that holds says little.
    """

    name: str
    kind: str
    verdict: TemporalVerdict
    arguments: Arguments = ()
    lasso: Lasso | None = None
    finding: Finding | None = None
    vacuous: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """The property with the values of its parameters."""
        given = ", ".join(map(repr, self.arguments))
        return f"{self.name}({given})" if given else self.name

    @property
    def path(self) -> tuple[Move, ...]:
        """The steps of the run that was found, the loop once."""
        if self.lasso is not None:
            return self.lasso.path
        return () if self.finding is None else self.finding.path


@dataclass(frozen=True)
class Liveness:
    """What was found about the properties of runs of a protocol, on a graph of this size.

    `size` is in bytes: the arrays of the graph and of the analysis, without the states. `reason`
    says why nothing was looked at. `fair` says whether some action is.
    """

    checks: tuple[TemporalCheck, ...]
    states: int = 0
    edges: int = 0
    size: int = 0
    seconds: float = 0.0
    reason: str | None = None
    fair: bool = True

    @property
    def verdict(self) -> TemporalVerdict:
        """The worst that was found."""
        verdicts = [check.verdict for check in self.checks]
        order = (TemporalVerdict.UNDEFINED, TemporalVerdict.VIOLATED, TemporalVerdict.OPEN)
        return next((v for v in order if v in verdicts), TemporalVerdict.HOLDS)

    @property
    def wrong(self) -> TemporalCheck | None:
        """The first property that is undefined or violated."""
        bad = (TemporalVerdict.UNDEFINED, TemporalVerdict.VIOLATED)
        return next((check for check in self.checks if check.verdict in bad), None)

    @property
    def warnings(self) -> list[str]:
        """Why a pass may mean less than it seems."""
        return [text for check in self.checks for text in check.vacuous]


def left_open(protocol: type[Protocol], names: Iterable[str], reason: str) -> Liveness:
    """What is known of these properties if nothing was looked at."""
    kinds = {name: getattr(protocol, name)._quorate.kind for name in names}
    checks = (TemporalCheck(name, kind, TemporalVerdict.OPEN) for name, kind in kinds.items())
    return Liveness(tuple(checks), reason=reason)
