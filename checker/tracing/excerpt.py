"""The source line of a span, and the part of it to point at."""

from __future__ import annotations

import ast
import linecache

from quorate.model.language.diagnostics import Span
from quorate.traces import Excerpt

_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)


def excerpt_of(span: Span) -> Excerpt | None:
    """The source line to show for a span; None if there is no source."""
    span = _assigned(span)
    text = linecache.getline(span.file, span.line).rstrip("\n")
    if not text:
        return None
    end = span.end_col if span.end_line == span.line else len(text.encode())
    return Excerpt(span.file, span.line, text, _characters(text, span.col), _characters(text, end))


def _characters(text: str, position: int) -> int:
    """How many characters so many bytes are."""
    return len(text.encode()[:position].decode(errors="replace"))


def _assigned(span: Span) -> Span:
    """For the target of an assignment, the assigned value, because that is what does not fit."""
    try:
        module = ast.parse("".join(linecache.getlines(span.file)))
    except SyntaxError:
        return span
    for node in ast.walk(module):
        if isinstance(node, _ASSIGNMENTS) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any((t.lineno, t.col_offset) == (span.line, span.col) for t in targets):
                return _span(node.value, span.file)
    return span


def _span(node: ast.expr, file: str) -> Span:
    line, col = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    return Span(file, node.lineno, node.col_offset, line, col)
