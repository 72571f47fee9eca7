"""The cases of an error that ended a run."""

from __future__ import annotations

import os
import traceback

from quorate.checker.errors import InputError
from quorate.checker.reports.cases import (
    BAD_INPUT,
    BUG,
    INCONCLUSIVE,
    UNDEFINED,
    CaseStatus,
    ReportCase,
    Rule,
    SourcePlace,
)
from quorate.errors import ArgumentError, ImplementationError
from quorate.model.language import ModelError, StepError
from quorate.model.language.diagnostics import Diagnostic
from quorate.traces import TraceError

from .places import place_at


def of_error(error: BaseException) -> tuple[ReportCase, ...]:
    """A case for each mistake in a model, otherwise one for the error."""
    match error:
        case ModelError():
            return tuple(map(_mistake, error.diagnostics))
        case StepError():
            place = None if error.at is None else place_at(error.at.span)
            return (ReportCase("definedness", UNDEFINED, CaseStatus.ERROR, str(error), place),)
        case InputError() if error.file is not None:
            place = SourcePlace(error.file, error.line, error.column)
            return (ReportCase("input", BAD_INPUT, CaseStatus.ERROR, str(error), place),)
        case TraceError() if error.path is not None:
            return (
                ReportCase(
                    "input", BAD_INPUT, CaseStatus.ERROR, str(error), SourcePlace(str(error.path))
                ),
            )
        case ArgumentError() | ImplementationError() | OSError() | MemoryError():
            return (
                ReportCase("input", BAD_INPUT, CaseStatus.ERROR, str(error) or "out of memory"),
            )
        case KeyboardInterrupt():
            return (ReportCase("as a whole", INCONCLUSIVE, CaseStatus.OPEN, "interrupted"),)
    said = f"a bug of Quorate: {type(error).__name__}: {error}"
    told = "".join(traceback.format_exception(error))
    detail = told if os.environ.get("QUORATE_TRACEBACK") else ""
    return (ReportCase("bug", BUG, CaseStatus.ERROR, said, detail=detail),)


def _mistake(d: Diagnostic) -> ReportCase:
    rule = Rule(d.code, "A mistake in the model", d.help or d.title)
    said = f"{d.title}: {d.label}" if d.label else d.title
    name = f"{d.where or 'model'}: {d.code}"
    return ReportCase(name, rule, CaseStatus.ERROR, said, place_at(d.span), None, d.render())
