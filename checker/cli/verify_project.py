"""`quorate verify` where a project has a list of checks: all of them, in parallel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from quorate.checker.errors import InputError
from quorate.checker.project.reading import find_project, read_project
from quorate.checker.rendering.words import OUTCOMES

from .console import progress
from .files import writable
from .html_report import told
from .options import given_options, option_error, working_directory

if TYPE_CHECKING:
    from quorate.checker.project.listed import Project
    from quorate.checker.project.measured import Baseline
    from quorate.checker.project.results import CheckReport

F = TypeVar("F", bound=Callable[..., Any])

CODES = {outcome: code for code, outcome in OUTCOMES.items()}
"""The exit code of each `CheckEnding`. A loss against a baseline is open: nothing is violated."""

ALONE = {"--config", "--baseline", "--write-baseline", "--processes"}
SHARED = {"--no-cache", "--strict", "--json", "--ascii", "--html", "--sarif", "--junit"}


def project_options(function: F) -> F:
    """The options for a list of checks."""
    for option in (
        click.option(
            "--processes", type=click.IntRange(1, 255), help="Run so many checks at once."
        ),
        click.option("--write-baseline", is_flag=True, help="Write the file of --baseline anew."),
        click.option(
            "--baseline",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Less than this file says, such as lost coverage, exits with 4.",
        ),
        click.option("--no-cache", is_flag=True, help="Take no verdict from the cache."),
        click.option(
            "--config",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="The list of checks.  [default: the nearest quorate.toml or pyproject.toml]",
        ),
    ):
        function = option(function)
    return function


def listed(options: Mapping[str, Any]) -> Project | None:
    """The project whose checks are to be run; None if the options ask for something else."""
    given = given_options()
    if options["protocol"] is not None and options["no_cache"]:
        option_error("--no-cache is for a list of checks, or what is bundled: drop PROTOCOL")
    if options["protocol"] is not None or given - ALONE - SHARED:
        for name in sorted(given & ALONE):
            option_error(f"{name} is for a list of checks, in quorate.toml: give it alone")
        return None
    config = options["config"]
    project = find_project(working_directory()) if config is None else read_project(config)
    if project.checks:
        return project
    if config is not None:
        raise InputError(f"{config}: has no checks, expected tables [[check]]", str(config))
    for name in sorted(given & ALONE):
        option_error(f"{name} is for a list of checks, and there is none: write a quorate.toml")
    return None


def verify_listed(project: Project, options: Mapping[str, Any]) -> int:
    """Run the checks of a project, print what becomes of each; returns the exit code."""
    from quorate._project import run_project
    from quorate.checker.project.measured import written
    from quorate.checker.rendering import project as rendering
    from quorate.checker.rendering.output import Output
    from quorate.traces.files import replacing

    before = _baseline(options)
    writable(options["html"])
    if options["strict"]:
        project = replace(project, checks=tuple(replace(c, strict=True) for c in project.checks))
    assert project.file is not None
    out = None if options["as_json"] else Output()
    checks = len(project.checks)
    width = max(len(check.name) for check in project.checks)
    if out is not None:
        rendering.show_title(out, project.file, checks)
    done = 0

    def report(check: CheckReport) -> None:
        nonlocal done
        done += 1
        if out is not None:
            rendering.show_check(out, check, width)
        say(done)

    with progress(lambda n: f"{n} of {checks} checks run") as say:
        result = run_project(project, not options["no_cache"], before, options["processes"], report)
    options["reports"].tell(result)
    code = CODES[result.report.ending.value]
    unread = [check.name for check in result.report.checks if check.measured is None]
    if options["write_baseline"] and not unread:
        with replacing(options["baseline"]) as partial:
            partial.write_bytes(written(result.baseline))
    if told("verify", code, options, result.to_json) or out is None:
        return code
    rendering.show_end(out, result.report)
    if options["write_baseline"]:
        out.line(_of_baseline(options["baseline"], unread), "warn" if unread else "")
    return code


def _of_baseline(baseline: Path, unread: Sequence[str]) -> str:
    """What became of a baseline that was to be written."""
    if not unread:
        return f"baseline written to {baseline}"
    return f"{baseline} is left as it was: {', '.join(unread)} could not be read"


def _baseline(options: Mapping[str, Any]) -> Baseline | None:
    """The baseline to compare with; None if there is none, or it is to be written."""
    from quorate.checker.project.measured import read_baseline

    path = options["baseline"]
    if options["write_baseline"]:
        if path is None:
            option_error("--write-baseline goes with --baseline FILE, the file to write")
        writable(path)
        return None
    return None if path is None else read_baseline(path)
