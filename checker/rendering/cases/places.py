"""Where properties and actions are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quorate.checker.reports.cases import SourcePlace
from quorate.model.language import Protocol
from quorate.model.language.description import describe
from quorate.model.language.diagnostics import Span

if TYPE_CHECKING:
    from quorate.traces import Trace


def place_at(span: Span) -> SourcePlace | None:
    """The place of a span; None if it is in no file."""
    return SourcePlace(span.file, span.line, span.col + 1) if span.line else None


def place_of(protocol: type[Protocol], name: str) -> SourcePlace | None:
    """Where a property of a protocol is written."""
    described = describe(protocol)
    spans = {p.name: p.span for p in described.properties}
    spans |= {p.name: p.span for p in described.temporal}
    return place_at(spans[name]) if name in spans else None


def place_of_action(protocol: type[Protocol], name: str) -> SourcePlace | None:
    """Where an action of a protocol is written."""
    spans = {action.name: action.span for action in describe(protocol).actions}
    return place_at(spans[name]) if name in spans else None


def last_step(trace: Trace | None) -> SourcePlace | None:
    """Where the last action of a run is written."""
    steps = () if trace is None else trace.drawn().steps
    source = steps[-1].source if steps else None
    return None if source is None else SourcePlace(source.file, source.line)
