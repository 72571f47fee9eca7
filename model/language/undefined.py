"""The exception that a protocol's method raises, as a StepError: where, in what, and why."""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path
from types import TracebackType
from typing import Any

from .diagnostics import NOWHERE, Span, StepError, UndefinedAt

_EMPTY = re.compile(r"(min|max)\(\) .* empty")
_HERE = Path(__file__).parent
_SAYS_IT = (
    StepError,
    AttributeError,
    TypeError,
)  # their text is clear without the name of the exception


def undefined(
    error: Exception, method: Any, arguments: tuple[Any, ...], state: tuple[Any, ...]
) -> StepError:
    """The exception that a method of a protocol raised, as a StepError."""
    place = _innermost(error.__traceback__)
    span = NOWHERE if place is None else _span(place)
    at = UndefinedAt(
        kind=method._quorate.kind,
        name=method.__name__,
        arguments=arguments,
        state=state,
        span=span,
        what=_what(error, place, span),
    )
    return StepError(str(at), at)


def _innermost(trace: TracebackType | None) -> TracebackType | None:
    """The innermost frame in the user's own code."""
    found = None
    while trace is not None:
        if _HERE not in Path(trace.tb_frame.f_code.co_filename).parents:
            found = trace
        trace = trace.tb_next
    return found


def _span(place: TracebackType) -> Span:
    """The expression being evaluated, as precisely as CPython records it."""
    code = place.tb_frame.f_code
    at = itertools.islice(code.co_positions(), place.tb_lasti // 2, None)
    line, end_line, col, end_col = next(at, (None, None, None, None))
    if line is None or end_line is None or col is None or end_col is None:
        return Span(code.co_filename, place.tb_lineno, 0, place.tb_lineno, 0)
    return Span(code.co_filename, line, col, end_line, end_col)


def _what(error: Exception, place: TracebackType | None, span: Span) -> str:
    if isinstance(error, AttributeError) and error.obj is None:
        return f"None has no field `{error.name}`"
    if isinstance(error, IndexError) and place is not None:
        return _past_the_end(place, span)
    if isinstance(error, ValueError) and (found := _EMPTY.match(str(error))):
        return f"the {found[1]} of nothing"
    text = str(error)
    return text if isinstance(error, _SAYS_IT) else f"{type(error).__name__}: {text}"


def _past_the_end(place: TracebackType, span: Span) -> str:
    """The index that was read and the number of entries, found by evaluating both again."""
    frame = place.tb_frame
    try:
        node = ast.parse(span.text(), mode="eval").body
        assert isinstance(node, ast.Subscript)
        parts = (ast.Expression(part) for part in (node.value, node.slice))
        sequence, index = (
            eval(compile(part, span.file, "eval"), frame.f_globals, dict(frame.f_locals))
            for part in parts
        )
        n = len(sequence)
        has = f"has {n} entr{'y' if n == 1 else 'ies'}" if n else "is empty"
        return f"there is no entry {index}: the sequence {has}"
    except Exception:
        return "the sequence has no such entry"
