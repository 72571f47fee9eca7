"""Mistakes in the description of a protocol, each shown at its place in the source.

A mistake is one frozen `Diagnostic`; reading a protocol collects as many as possible and
raises them as one `ModelError`, so that a user sees all of them in one run.
"""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quorate.errors import ArgumentError, ProtocolError


@dataclass(frozen=True)
class Span:
    """A range of source text. Lines count from 1, columns from 0; the end is exclusive."""

    file: str
    line: int
    col: int
    end_line: int
    end_col: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.col + 1}"

    def text(self) -> str:
        """The source text of the span, on one line."""
        lines = [linecache.getline(self.file, n) for n in range(self.line, self.end_line + 1)]
        if not lines or not lines[0]:
            return ""
        lines[-1] = lines[-1].encode()[: self.end_col].decode(errors="replace")
        lines[0] = lines[0].encode()[self.col :].decode(errors="replace")
        return " ".join(" ".join(part.split()) for part in lines)


NOWHERE = Span("<unknown>", 0, 0, 0, 0)
GENERATED = "<generated for "
"""How the file names of methods begin that come with a declaration and are in no file."""


def article(what: object) -> str:
    """`a Ballot`, `an Acceptor`."""
    text = str(what)
    return f"{'an' if text[:1] in 'AEIOUaeiou' else 'a'} {text}"


@dataclass(frozen=True)
class Diagnostic:
    """One mistake: what is wrong (`title`), where, what was found there, and how to fix it."""

    code: str
    title: str
    span: Span
    label: str = ""
    help: str = ""
    where: str = ""
    also: tuple[tuple[Span, str], ...] = field(default=())

    def render(self) -> str:
        """The message as printed, in the style of rustc: place, source line, carets, help."""
        gutter = " " * len(str(max([self.span.line, *(s.line for s, _ in self.also)])))
        place = f"{self.span}{f' in {self.where}' if self.where else ''}"
        lines = [f"error[{self.code}]: {self.title}", f"{gutter}--> {place}", f"{gutter} |"]
        for span, label in ((self.span, self.label), *self.also):
            lines += _quote(span, label, gutter)
        if self.help:
            first, *rest = self.help.splitlines()
            lines.append(f"{gutter} = help: {first}")
            lines += [f"{gutter}         {line}" for line in rest]
        return "\n".join(lines)


def _quote(span: Span, label: str, gutter: str) -> list[str]:
    source = linecache.getline(span.file, span.line).rstrip("\n")
    start = len(source.encode()[: span.col].decode(errors="replace"))
    end_col = span.end_col if span.end_line == span.line else len(source.encode())
    end = len(source.encode()[:end_col].decode(errors="replace"))
    caret = "^" * max(1, end - start)
    return [
        f"{span.line:>{len(gutter)}} | {source}".rstrip(),
        f"{gutter} | {' ' * start}{caret} {label}".rstrip(),
    ]


class ModelError(ProtocolError):
    """One or more mistakes in a protocol description."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(dict.fromkeys(diagnostics))  # what two places lead to, once
        super().__init__(self.render())

    def render(self) -> str:
        count = len(self.diagnostics)
        tail = f"\n\n{count} mistakes in the model." if count > 1 else ""
        return "\n\n".join(d.render() for d in self.diagnostics) + tail


class SizeError(ArgumentError):
    """Sizes that do not suit a protocol: an unknown sort, a size of 0, too few weights."""


@dataclass(frozen=True)
class UndefinedAt:
    """Where a protocol is undefined: in which method, at which expression, and why.

    `kind` is that of the method's decorator. The method was called in `state` with `arguments`, and
    CPython, or the kernel, stopped at the expression at `span`.
    """

    kind: str
    name: str
    arguments: tuple[Any, ...]
    state: tuple[Any, ...]
    span: Span
    what: str

    @property
    def is_step(self) -> bool:
        """Whether a step is undefined, and not a property of a state."""
        return self.kind in ("init", "action")

    @property
    def short(self) -> str:
        """The text with the name of the file alone."""
        return self._in(Path(self.span.file).name)

    def __str__(self) -> str:
        return self._in(self.span.file)

    def _in(self, file: str) -> str:
        place = f"{file}:{self.span.line}: " if self.span.line else ""
        return f"{place}{self.name}({', '.join(map(repr, self.arguments))}): {self.what}"


class StepError(ProtocolError):
    """A step or a property that the description leaves undefined.

    Examples: a field of None, an index past the end of a sequence, a second message under a key.
    `at` says where, if it is known.
    """

    def __init__(self, message: str, at: UndefinedAt | None = None) -> None:
        super().__init__(message)
        self.at = at

    @property
    def short(self) -> str:
        """The message, with the name of the file alone."""
        return str(self) if self.at is None else self.at.short
