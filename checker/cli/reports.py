"""Reports for the tools of continuous integration: --sarif, --junit, and what GitHub shows.

They are written whatever the outcome, also where an error ends the verb. In a job of GitHub's the
annotations go to standard error, from where it takes them too, so that standard output stays as it
is; QUORATE_GITHUB=off keeps them back.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from quorate.checker.rendering.words import OUTCOMES

from .files import writable
from .options import option_error

if TYPE_CHECKING:
    from quorate.checker.reports.cases import Suite
    from quorate.results import Result

F = TypeVar("F", bound=Callable[..., Any])


def reports_options(function: F) -> F:
    """--sarif and --junit; the function gets `reports`, and tells it its result."""
    options = (
        click.option(
            "--sarif",
            type=click.Path(path_type=Path),
            help="Write what is wrong for code scanning (SARIF 2.1.0).",
        ),
        click.option(
            "--junit",
            type=click.Path(path_type=Path),
            help="Write each property as a test case (JUnit's XML).",
        ),
    )

    @functools.wraps(function)
    def reporting(sarif: Path | None, junit: Path | None, **given: Any) -> int:
        reports = Reports(click.get_current_context().command.name or "", sarif, junit)
        if sarif is not None and sarif == junit:
            option_error(f"{sarif}: --sarif and --junit would write the same file")
        for path in (sarif, junit):
            writable(path)
        try:
            code: int = function(reports=reports, **given)
        except (Exception, KeyboardInterrupt) as error:
            reports.failed(error)
            raise
        reports.write(code)
        return code

    for option in reversed(options):
        reporting = option(reporting)
    return reporting  # type: ignore[return-value]


@dataclass
class Reports:
    """The reports of one run of a verb."""

    verb: str
    sarif: Path | None
    junit: Path | None
    suites: list[Suite] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def tell(self, result: Result) -> None:
        """Take in a result, if there is a report to write."""
        if self._wanted:
            self.suites += result.suites
            self.warnings += getattr(result, "warnings", ())

    def failed(self, error: BaseException) -> None:
        """Write the reports of an error. One that cannot be written does not hide the error."""
        if not self._wanted:
            return
        from quorate.checker.rendering.cases.errors import of_error
        from quorate.checker.reports.cases import Suite

        from .failures import failure_of

        self.suites.append(Suite(self.verb, of_error(error)))
        try:
            self.write(failure_of(error).code)
        except OSError as second:
            click.echo(f"warning: {second.filename}: {second.strerror}", err=True)

    def write(self, code: int) -> None:
        """Write the reports of a run that ends with this exit code. Raises OSError."""
        if not self._wanted:
            return
        from quorate.checker.reports.cases import agreeing

        outcome = OUTCOMES[code] if code else None
        suites = agreeing(self.suites, self.verb, outcome, self.warnings)
        root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).absolute()
        self._files(suites, code, root)
        if _on_github():
            self._github(suites, code, root)

    @property
    def _wanted(self) -> bool:
        return self.sarif is not None or self.junit is not None or _on_github()

    def _files(self, suites: Sequence[Suite], code: int, root: Path) -> None:
        from importlib.metadata import version

        from quorate.checker.reports.junit import junit
        from quorate.checker.reports.sarif import sarif
        from quorate.traces.files import replacing

        if self.sarif is not None:
            document = sarif(suites, code, version("quorate"), root)
            with replacing(self.sarif) as partial:
                partial.write_text(f"{json.dumps(document, indent=1)}\n", encoding="utf-8")
        if self.junit is not None:
            with replacing(self.junit) as partial:
                partial.write_bytes(junit(suites))

    def _github(self, suites: Sequence[Suite], code: int, root: Path) -> None:
        from quorate.checker.reports.github import commands, summary

        for line in commands(suites, root):
            click.echo(line, err=True)
        if (path := os.environ.get("GITHUB_STEP_SUMMARY")) is None:
            return
        try:
            with Path(path).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(summary(suites, self.verb, OUTCOMES[code]))
        except OSError as error:
            click.echo(f"warning: {path}: {error.strerror}", err=True)


def _on_github() -> bool:
    return "GITHUB_ACTIONS" in os.environ and os.environ.get("QUORATE_GITHUB") != "off"
