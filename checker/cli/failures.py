"""Errors that end a command: their kind, message, exit code and place."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass, field
from typing import Any

import click

from quorate.checker.errors import InputError
from quorate.checker.rendering.document import error_json, place_json
from quorate.errors import ArgumentError, ImplementationError, ProtocolError
from quorate.impl.errors import ImplError
from quorate.model.language import ModelError, SizeError, StepError
from quorate.model.language.diagnostics import Span
from quorate.traces import TraceError

from .exit_codes import INTERRUPTED, MODEL, OUR_BUG, USAGE

CODES = {ProtocolError: MODEL, ArgumentError: USAGE, ImplementationError: USAGE}
"""The exit codes of the families of `QuorateError`; any other error is a bug of Quorate."""

PACKAGES = {
    "hypothesis": "hypothesis",
    "llvmlite": "llvmlite",
    "networkx": "networkx",
    "numba": "numba",
    "numpy": "numpy",
    "pysat": "python-sat",
    "z3": "z3-solver",
}
"""What somebody who needs a part of Quorate may have left out, and the package with it."""

SYSTEM = {
    errno.ENOSPC: "the disk is full",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "no permission to write or read here",
}


@dataclass(frozen=True)
class Failure:
    """One error as it is reported; for `place` and `diagnostics` see `rendering.document`."""

    kind: str
    message: str
    code: int
    prefix: str = "error: "
    place: dict[str, Any] | None = None
    diagnostics: list[dict[str, Any]] = field(default_factory=list)

    def text(self) -> str:
        """The error for people."""
        return f"{self.prefix}{self.message}"

    def json(self) -> dict[str, Any]:
        """The error for programs."""
        return error_json(self.kind, self.message, self.code, self.place, self.diagnostics)


def failure_of(error: BaseException) -> Failure:
    """The report of an error that no verb has caught."""
    if isinstance(error, click.ClickException):
        return Failure("usage", error.format_message(), USAGE)
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return Failure("interrupted", "interrupted", INTERRUPTED)
    code = next((c for family, c in CODES.items() if isinstance(error, family)), OUR_BUG)
    match error:
        case ModelError():
            return _model(error, code)
        case StepError():
            return Failure("undefined", f"the model is undefined here: {error}", code)
        case InputError():
            place = place_json(error.file, error.line, error.column)
            return Failure("input", str(error), code, place=place)
        case SizeError():
            return Failure("sizes", str(error), code)
        case TraceError():
            return Failure("trace", str(error), code, place=_within(error))
        case ImplError():
            return Failure("implementation", str(error), code)
        case MemoryError():
            said = "out of memory: take smaller sizes, or give --memory"
            return Failure("memory", said, USAGE)
        case ModuleNotFoundError() if error.name in PACKAGES:
            said = f"this takes {error.name}, which is not here: pip install {PACKAGES[error.name]}"
            return Failure("system", said, USAGE)
        case OSError():
            file = None if error.filename is None else str(error.filename)
            return Failure("system", _system(error, file), USAGE, place=place_json(file))
    return Failure(
        "bug",
        f"a bug of Quorate: {type(error).__name__}: {error}\n"
        "Set QUORATE_TRACEBACK=1 and run again to see where; please report it.",
        OUR_BUG,
    )


def _model(error: ModelError, code: int) -> Failure:
    spans = [d.span for d in error.diagnostics]
    diagnostics = [
        {
            "code": d.code,
            "title": d.title,
            "label": d.label,
            "help": d.help,
            "where": d.where or None,
            "place": _at(d.span),
        }
        for d in error.diagnostics
    ]
    return Failure(
        "model", str(error), code, prefix="", place=_at(spans[0]), diagnostics=diagnostics
    )


def _within(error: TraceError) -> dict[str, Any] | None:
    """The place of an error in a trace: a position, or a path within the document."""
    position = re.fullmatch(r"line (\d+), column (\d+)", error.place or "")
    if position is None:
        return place_json(error.path, inside=error.place)
    return place_json(error.path, int(position[1]), int(position[2]))


def _at(span: Span) -> dict[str, Any] | None:
    return place_json(span.file, span.line, span.col + 1) if span.line else None


def _system(error: OSError, file: str | None) -> str:
    said = SYSTEM.get(error.errno or 0, error.strerror or str(error))
    return said if file is None else f"{file}: {said}"
