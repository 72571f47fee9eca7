"""`quorate.validate`: whether a model explains the logs of a running system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from quorate.checker.conform.logs.line import LogMapping
from quorate.checker.conform.logs.loading import load_mapping
from quorate.checker.conform.logs.log import budgets, read
from quorate.checker.conform.logs.outcome import LogVerdict, Validation
from quorate.checker.conform.logs.reading import read_logs
from quorate.checker.conform.logs.search import MOST
from quorate.checker.conform.logs.shiviz import shiviz
from quorate.checker.conform.logs.validating import hold
from quorate.checker.errors import InputError
from quorate.checker.rendering import logs as rendering
from quorate.checker.rendering.cases.conformance import of_log
from quorate.checker.rendering.output import Output
from quorate.checker.reports.cases import Suite
from quorate.model.language import Protocol, Sizes
from quorate.traces import Trace

from ._check import loaded, sized
from .results import Result

LARGEST = 10_000
"""The size that a sort may have: CPython alone takes the steps of a log."""

Name = str | PathLike[str]


@dataclass(frozen=True, repr=False)
class ValidateResult(Result):
    """The result of validating a log; `validation` has the details."""

    protocol: type[Protocol]
    sizes: Sizes
    validation: Validation

    @property
    def holds(self) -> bool:
        """Whether a run of the model explains every line."""
        return self.validation.verdict is LogVerdict.EXPLAINED

    @property
    def violation(self) -> str | None:
        return rendering.finding_line(self.protocol.__name__, self.validation)

    @property
    def trace(self) -> Trace | None:
        """None: the run that explains the lines is in `validation.run`."""
        return None

    @property
    def suites(self) -> tuple[Suite, ...]:
        name = self.protocol.__name__
        return (Suite(name, (of_log(name, self.validation),)),)

    def to_json(self, written: Path | None = None) -> dict[str, Any]:
        sizes = {"sizes": dict(self.sizes), "faults": dict(self.sizes.faults)}
        return {**rendering.as_json(self.protocol.__name__, self.validation), **sizes}

    def to_shiviz(self) -> str:
        """The lines that are explained as ShiViz reads them, and the first that is not."""
        return shiviz(self.validation)

    def show(self, out: Output) -> None:
        rendering.report(out, self.protocol.__name__, self.validation)


def validate(
    log: Name | Sequence[Name],
    model: type[Protocol] | str,
    *,
    sizes: Mapping[str, int] | Sizes | None = None,
    faults: Mapping[str, int] | None = None,
    mapping: LogMapping | str | None = None,
    hidden: int | None = None,
    ignore: Sequence[str] = (),
    crashed: Sequence[Name] = (),
    most: int = MOST,
) -> ValidateResult:
    """Look for a run of a model that explains a log: one file, or several, of one system.

    A line of a file is a JSON object that names a step, values seen after it, or both, in the
    model's terms; or whatever `mapping` reads, an object, "path.py:Class", or the name of a bundled
    format. Lines of several files are ordered by what the log says of causes alone.

    `hidden` is how many steps may go before each line's own that the log does not show; by default
    none, and where a line needs some, that is the result. `ignore` names keys of lines to leave
    out, `crashed` the files whose last line a crash may have cut. `faults` is how often each fault
    may happen; by default as often as the log has it. After `most` states more than
    there are lines the search is given up.

    Raises ModelError, SizeError, InputError with file and line; StepError where the model is
    undefined.
    """
    target = loaded(model)
    if hidden is not None and (isinstance(hidden, bool) or hidden < 0):
        raise InputError(f"hidden: found {hidden}, expected a number of steps, 0 or more")
    if most < 1:
        raise InputError(f"most: found {most}, expected a number of states, 1 or more")
    paths = [Path(p) for p in ([log] if isinstance(log, (str, PathLike)) else log)]
    reader = load_mapping(mapping) if isinstance(mapping, str) else mapping
    if reader is not None and ignore:
        raise InputError(
            "ignore is for logs in the model's terms: a mapping leaves out what it will"
        )
    written = read_logs(paths)
    dead = tuple(str(Path(fspath(p))) for p in crashed)
    for name in dead:
        if name not in map(str, paths):
            raise InputError(f"{name}: is said to be cut by a crash, but is none of the logs")
    if isinstance(sizes, Sizes):
        bounds = sized(target, sizes, faults)
    else:
        wanted = _sizes(reader, written, sizes)
        bounds = target.sized(faults=faults or {}, largest=LARGEST, **wanted)
    with bounds:
        found = read(paths, target, bounds, reader, ignore, dead, written)
    if not isinstance(sizes, Sizes):
        spent = budgets(found, faults)
        if spent != dict(bounds.faults):
            bounds = target.sized(faults=spent, largest=LARGEST, **dict(bounds))
    with bounds:
        found.sizes = bounds
        return ValidateResult(target, bounds, hold(found, hidden, most))


def _sizes(
    reader: LogMapping | None, written: Any, sizes: Mapping[str, int] | None
) -> Mapping[str, int]:
    """The sizes, with what a mapping reads off the lines for those that are not given."""
    wanted = getattr(reader, "sizes", None)
    if wanted is None:
        return sizes or {}
    objects = [w.fields for lines in written for w in lines if w.fields is not None]
    return {**wanted(objects), **(sizes or {})}
