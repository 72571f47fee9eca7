"""What was asked in a run, case by case: the one form from which every report is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quorate.traces import Trace


class CaseStatus(Enum):
    """What became of a case. Only PASSED is a pass."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # a mistake in the model, in the input, or in Quorate
    OPEN = "inconclusive"
    SKIPPED = "not decided"  # the run ended at something else first


@dataclass(frozen=True)
class Rule:
    """What kind of thing is wrong."""

    name: str
    title: str
    help: str


VIOLATED = Rule(
    "property-violated",
    "A property is violated",
    "A run of the model leads to a state, or goes on in a way, that the property forbids. The "
    "steps of the run are the code flow.",
)
UNDEFINED = Rule(
    "undefined",
    "The model is undefined",
    "A run of the model leads to a step or a property that has no value there, such as a field of "
    "None.",
)
NOT_REFINED = Rule(
    "not-refined",
    "A protocol does not refine another",
    "A reachable step is neither a step of the simpler protocol nor without effect on it.",
)
NONCONFORMING = Rule(
    "does-not-conform",
    "An implementation does not conform",
    "Driven along a run of the model, the implementation does something else.",
)
UNEXPLAINED = Rule(
    "unexplained-log",
    "No run of the model explains a log",
    "Up to this line some run of the model explains the log; with it, none does.",
)
UNPROVED = Rule(
    "not-proved",
    "An invariant is not proved",
    "No proof for any number of elements was found. It need not be violated.",
)
INCONCLUSIVE = Rule(
    "inconclusive",
    "A result is inconclusive",
    "A bound, a limit or a warning left open what was asked.",
)
UNEXPECTED = Rule(
    "unexpected",
    "A check of the list does not end as it says",
    "What should be violated holds, or otherwise than said, or a goal is not reached.",
)
BASELINE = Rule(
    "baseline",
    "Less is shown than the baseline says",
    "Coverage, a proof or an invariant was lost, or a count changed although the model did not.",
)
BAD_INPUT = Rule("bad-input", "An input cannot be used", "A file, a class or an option is wrong.")
BUG = Rule("bug", "A bug of Quorate", "Please report it.")


@dataclass(frozen=True)
class SourcePlace:
    """Where something is written; lines and columns count from 1."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(p) for p in (self.file, self.line, self.column) if p is not None)

    def within(self, root: Path) -> str | None:
        """The file as a path from a folder on, with `/`; None if it is not in that folder."""
        path = self.absolute
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else None

    @property
    def absolute(self) -> Path:
        """The file from the root on; a link stays as it is written."""
        return Path(os.path.abspath(self.file))  # noqa: PTH100

    def below(self, folder: Path) -> SourcePlace:
        """The place, if its file is named from this folder on."""
        return replace(self, file=str(folder / self.file))


@dataclass(frozen=True)
class ReportCase:
    """One thing that was asked, and what became of it.

    `message` is one line; `detail` is text of several lines, for what no trace can show.
    """

    name: str
    rule: Rule
    status: CaseStatus
    message: str = ""
    place: SourcePlace | None = None
    trace: Trace | None = None
    detail: str = ""

    @property
    def wrong(self) -> bool:
        """Whether something is the matter: it neither passed nor was left aside."""
        return self.status not in (CaseStatus.PASSED, CaseStatus.SKIPPED)


@dataclass(frozen=True)
class Suite:
    """The cases of one run: of a protocol at given sizes, or of a check of a list.

    Files are named from `folder` on.
    """

    name: str
    cases: tuple[ReportCase, ...]
    seconds: float = 0.0
    folder: Path = Path()

    def place(self, case: ReportCase) -> SourcePlace | None:
        """The place of a case, from the working directory on."""
        return None if case.place is None else case.place.below(self.folder)


def wrong(suites: Sequence[Suite]) -> Iterator[tuple[Suite, ReportCase]]:
    """The cases that did not pass, with their suites."""
    return ((suite, case) for suite in suites for case in suite.cases if case.wrong)


def counted(suites: Sequence[Suite], status: CaseStatus) -> int:
    """How many cases ended in this way."""
    return sum(case.status is status for suite in suites for case in suite.cases)


def agreeing(
    suites: Sequence[Suite], verb: str, outcome: str | None, warnings: Sequence[str] = ()
) -> list[Suite]:
    """The suites, made to agree with how the verb ended; None if it ended well.

    Where it did not, something must be wrong in them: if it is none of the cases, it is the
    warnings that were taken as such or, if there are none, the outcome as a whole.
    Where it did, nothing is: what was neither shown nor refuted, since nothing was claimed, is no
    pass then, but no error either.
    """
    if outcome is None:
        return [replace(s, cases=tuple(map(_set_aside, s.cases))) for s in suites]
    if any(wrong(suites)):
        return list(suites)
    said = warnings or [f"the outcome is: {outcome}"]
    name = "warning" if warnings else "as a whole"
    cases = tuple(ReportCase(name, INCONCLUSIVE, CaseStatus.OPEN, text) for text in said)
    return [*suites, Suite(verb, cases)]


def _set_aside(case: ReportCase) -> ReportCase:
    return replace(case, status=CaseStatus.SKIPPED) if case.status is CaseStatus.OPEN else case
