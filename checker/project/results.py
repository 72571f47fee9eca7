"""What became of the checks of a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from quorate.checker.reports.cases import BASELINE, CaseStatus, ReportCase, Suite

from .measured import Baseline, Loss, Measured, losses


class CheckEnding(Enum):
    """How a check ended, from the worst on."""

    BUG = "a bug of Quorate"
    INPUT = "bad input"
    MODEL = "a mistake in the model"
    VIOLATED = "violated"
    NONCONFORMING = "does not conform"
    INCONCLUSIVE = "inconclusive"
    HOLDS = "holds"

    @property
    def decided(self) -> bool:
        """Whether it would end in the same way on any machine."""
        return self in (CheckEnding.VIOLATED, CheckEnding.HOLDS)


def worst(endings: Iterable[CheckEnding]) -> CheckEnding:
    """The worst of them; if there is none, what was asked holds."""
    found = set(endings)
    return next((ending for ending in CheckEnding if ending in found), CheckEnding.HOLDS)


@dataclass(frozen=True)
class CheckPart:
    """One question of a check, and its answer.

    `line` says in words what became of it; `shown` are the fields of `Measured` that it fills in.
    """

    ending: CheckEnding
    line: str
    cases: tuple[ReportCase, ...]
    shown: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    cached: bool = False


@dataclass(frozen=True)
class CheckReport:
    """One check: its parts in the order in which they were asked.

    `measured` is None where the protocol could not be read.
    """

    name: str
    protocol: str
    sizes: str
    parts: tuple[CheckPart, ...]
    measured: Measured | None = None
    seconds: float = 0.0

    @property
    def ending(self) -> CheckEnding:
        """How it ended."""
        return worst(part.ending for part in self.parts)

    @property
    def cached(self) -> bool:
        """Whether all that it says was kept from an earlier run."""
        return all(part.cached for part in self.parts)

    @property
    def cases(self) -> tuple[ReportCase, ...]:
        """The cases of all parts."""
        return tuple(case for part in self.parts for case in part.cases)


def lost(baseline: Baseline, checks: Sequence[CheckReport]) -> tuple[Loss, ...]:
    """What a baseline has, and these checks do not show any more.

    What fails is not compared: that the rest was not looked at only follows from it.
    """
    failing = {
        c.name for c in checks if c.ending not in (CheckEnding.HOLDS, CheckEnding.INCONCLUSIVE)
    }
    now = {c.name: c.measured for c in checks if c.measured is not None}
    return tuple(loss for loss in losses(baseline, now) if loss.check not in failing)


@dataclass(frozen=True)
class ProjectReport:
    """All checks of a list, and what was lost against a baseline, if one was given."""

    file: Path
    checks: tuple[CheckReport, ...]
    losses: tuple[Loss, ...] = ()
    unlisted: tuple[str, ...] = ()
    """Checks that the baseline does not have."""
    seconds: float = 0.0

    @property
    def ending(self) -> CheckEnding:
        """The worst ending. What is lost leaves open whether as much is shown as before."""
        lost = [CheckEnding.INCONCLUSIVE] * bool(self.losses)
        return worst([*(check.ending for check in self.checks), *lost])

    @property
    def suites(self) -> tuple[Suite, ...]:
        """A suite for each check, and one for the baseline if anything is lost."""
        folder = self.file.parent
        found = [Suite(c.name, c.cases, c.seconds, folder) for c in self.checks]
        if self.losses:
            cases = (
                ReportCase(
                    f"{loss.check}: {loss.what}", BASELINE, CaseStatus.OPEN, f"{loss.check}: {loss}"
                )
                for loss in self.losses
            )
            found.append(Suite("baseline", tuple(cases), folder=folder))
        return tuple(found)
