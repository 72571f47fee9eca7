"""`quorate.verify_project`: all checks of a project's list."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.checker.errors import InputError
from quorate.checker.project.listed import ListedCheck, Project
from quorate.checker.project.measured import Baseline
from quorate.checker.project.reading import OWN, find_project, read_project
from quorate.checker.project.results import CheckEnding, CheckReport, ProjectReport, lost
from quorate.checker.rendering import project as rendering
from quorate.checker.rendering.output import Output
from quorate.checker.reports.cases import CaseStatus, Suite, wrong
from quorate.checker.workers import workers
from quorate.traces import Trace

from ._listed import ended, run_listed
from .results import Result
from .searches import Folder


@dataclass(frozen=True, repr=False)
class ProjectResult(Result):
    """The result of a project's checks: `report` has each, with its parts."""

    report: ProjectReport

    @property
    def holds(self) -> bool:
        return self.report.ending is CheckEnding.HOLDS

    @property
    def violation(self) -> str | None:
        failed = (f"{s.name}: {c.message}" for s, c in wrong(self.suites) if _refuted(c.status))
        return next(failed, None)

    @property
    def trace(self) -> Trace | None:
        found = (c.trace for _, c in wrong(self.suites) if _refuted(c.status))
        return next((trace for trace in found if trace is not None), None)

    @property
    def suites(self) -> tuple[Suite, ...]:
        return self.report.suites

    @property
    def baseline(self) -> Baseline:
        """What was shown, to be kept."""
        measured = {c.name: c.measured for c in self.report.checks if c.measured is not None}
        return Baseline(checks=measured)

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        return rendering.as_json(self.report)

    def show(self, out: Output) -> None:
        rendering.show(out, self.report)


def _refuted(status: CaseStatus) -> bool:
    return status in (CaseStatus.FAILED, CaseStatus.ERROR)


def verify_project(
    config: Folder | None = None,
    *,
    cache: bool = True,
    baseline: Baseline | None = None,
    processes: int | None = None,
    report: Callable[[CheckReport], None] | None = None,
) -> ProjectResult:
    """Run all checks that a project lists, in so many processes; by default one for each core.

    The list is in the file `config`, or in the nearest quorate.toml or pyproject.toml. What was
    decided is kept in the cache, and taken from there if nothing changed that it depends on, unless
    `cache` is False. Less than the `baseline` says is a loss, and the result then does not hold.
    `report` is called with each check when it is finished, in the order of the list.

    Raises InputError if there is no list, or something is wrong in it.
    """
    project = find_project(Path.cwd()) if config is None else read_project(Path(config))
    return run_project(project, cache, baseline, processes, report)


def run_project(
    project: Project,
    cache: bool,
    baseline: Baseline | None,
    processes: int | None,
    report: Callable[[CheckReport], None] | None,
) -> ProjectResult:
    """Run the checks of a project, as `verify_project`. Raises InputError if there are none."""
    if project.file is None or not project.checks:
        raise InputError(f"there is no list of checks here: write one in {OWN}")
    started, folder = time.perf_counter(), str(project.file.parent.resolve())
    count = min(processes or os.cpu_count() or 1, len(project.checks))
    with workers(count, run_listed) as asked:
        futures: list[Future[CheckReport]] = [
            asked(folder, project, check.name, cache) for check in project.checks
        ]
        done = []
        for check, future in zip(project.checks, futures, strict=True):
            done.append(_report_of(check, future))
            if report is not None:
                report(done[-1])
    now = {c.name: c.measured for c in done if c.measured is not None}
    less = () if baseline is None else lost(baseline, done)
    new = () if baseline is None else tuple(name for name in now if name not in baseline.checks)
    spent = time.perf_counter() - started
    return ProjectResult(ProjectReport(project.file, tuple(done), less, new, spent))


def _report_of(check: ListedCheck, future: Future[CheckReport]) -> CheckReport:
    """What became of a check, also where its process ended."""
    try:
        return future.result()
    except InputError as error:
        return CheckReport(check.name, check.protocol, "", (ended(error, None),))
