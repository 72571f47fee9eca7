"""Edits of a protocol's source: pieces of it, replaced by other text."""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from quorate.model.language.declare.initial import Initial
from quorate.model.language.diagnostics import Span
from quorate.model.language.frontend.source import span_of


@dataclass(frozen=True)
class Later:
    """An action `name` that a change adds, and the variable that it reads, with type and start."""

    name: str
    source: str
    variable: str
    values: Any
    start: Initial


@dataclass(frozen=True)
class Edit:
    """One small change: the operator that made it, its place, and the text before and after.

    `names` are objects that the new text mentions and the file does not have, by name.
    """

    operator: str
    span: Span
    before: str
    after: str
    later: Later | None = field(default=None, compare=False)
    names: dict[str, Any] = field(default_factory=dict, compare=False)

    def alone(self) -> Edit:
        """The edit without classes, so that it can go from one process to another."""
        return replace(self, later=None, names={})

    def __str__(self) -> str:
        """The change, on one line."""
        return " → ".join(" ".join(text.split()) for text in (self.before, self.after))


class SourceText:
    """The text of a file, in which places are given by syntax nodes."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._lines = [line.encode() for line in linecache.getlines(file)]

    def of(self, node: ast.AST) -> str:
        """The text of a node."""
        start, end = self._offsets(span_of(node, self.file))
        return self._bytes[start:end].decode()

    def edit(
        self,
        operator: str,
        node: ast.AST,
        after: str,
        names: dict[str, Any] | None = None,
        later: Later | None = None,
    ) -> Edit:
        """The edit that puts `after` in place of a node."""
        return Edit(operator, span_of(node, self.file), self.of(node), after, later, names or {})

    def edited(self, edit: Edit) -> str:
        """The whole text after an edit; no line gets another number. What is added is last."""
        start, end = self._offsets(edit.span)
        # What has fewer lines than before goes on in empty ones.
        lines = b" \\\n" * (edit.before.count("\n") - edit.after.count("\n"))
        text = (self._bytes[:start] + edit.after.encode() + lines + self._bytes[end:]).decode()
        return text if edit.later is None else f"{text}\n{edit.later.source}"

    @cached_property
    def _bytes(self) -> bytes:
        return b"".join(self._lines)

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self._lines:
            starts.append(starts[-1] + len(line))
        return starts

    def _offsets(self, span: Span) -> tuple[int, int]:
        first, last = self._starts[span.line - 1], self._starts[span.end_line - 1]
        return first + span.col, last + span.end_col
