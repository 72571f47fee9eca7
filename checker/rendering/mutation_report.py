"""The mutants as a report that viewers of mutation tests read.

The format is the mutation testing report schema of the Stryker team, version 2:
https://github.com/stryker-mutator/mutation-testing-elements (packages/report-schema).
"""

from __future__ import annotations

import linecache
from typing import Any

from quorate.checker.mutation import MutantFate, Mutation, Trial
from quorate.model.language.diagnostics import Span

from .words import count

STATUS = {
    MutantFate.KILLED: "Killed",
    MutantFate.REFINES: "Ignored",
    MutantFate.REPEATED: "Ignored",
    MutantFate.INVALID: "CompileError",
    MutantFate.STOPPED: "Timeout",
    MutantFate.VACUOUS: "NoCoverage",
}
"""The schema's status of a mutant; all others have survived."""


def report_of(found: Mutation) -> dict[str, Any]:
    """The report: each mutant at its place, killed by properties as by tests."""
    files: dict[str, Any] = {}
    for trial in found.trials:
        span = trial.edit.span
        source = "".join(linecache.getlines(span.file))
        file = files.setdefault(span.file, {"language": "python", "source": source, "mutants": []})
        file["mutants"].append(_mutant(trial))
    name = found.protocol.__name__
    tests = [{"id": killer, "name": f"{name}: {killer}"} for killer in found.kills()]
    return {
        "schemaVersion": "2.0",
        "thresholds": {"high": 100, "low": 80},
        "framework": {"name": "quorate"},
        "files": files,
        "testFiles": {name: {"tests": tests}},
    }


def _mutant(trial: Trial) -> dict[str, Any]:
    killed = trial.killer if trial.fate is MutantFate.KILLED else None
    return {
        "id": str(trial.number),
        "mutatorName": trial.edit.operator,
        "description": f"{trial.name}: {trial.edit}",
        "replacement": trial.edit.after,
        "location": _location(trial.edit.span),
        "status": STATUS.get(trial.fate, "Survived"),
        "statusReason": _reason(trial),
        **({"killedBy": [str(killed)]} if killed else {}),
    }


def _reason(trial: Trial) -> str:
    if trial.fate is MutantFate.KILLED and trial.killer is not None:
        steps = trial.killer.steps
        return f"{trial.killer}" + (f", after {count(steps, 'step')}" if steps else "")
    return trial.why


def _location(span: Span) -> dict[str, Any]:
    return {
        "start": {"line": span.line, "column": _column(span, span.line, span.col)},
        "end": {"line": span.end_line, "column": _column(span, span.end_line, span.end_col)},
    }


def _column(span: Span, line: int, offset: int) -> int:
    """The column of a place in a line, from 1, in UTF-16 units as viewers count; not in bytes."""
    before = linecache.getline(span.file, line).encode()[:offset].decode(errors="replace")
    return len(before.encode("utf-16-le")) // 2 + 1
