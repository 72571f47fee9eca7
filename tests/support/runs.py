"""Runs of a protocol that are written down step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quorate.checker.conform.replaying.recorded import check_trace
from quorate.checker.loading import name_of
from quorate.checker.results import Move
from quorate.checker.tracing.build import make_trace
from quorate.checker.tracing.reading import TraceReader
from quorate.model.language import Protocol
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter
from quorate.traces import Trace


def run_of(
    protocol: type[Protocol],
    sizes: Mapping[str, int],
    steps: list[tuple[str, Mapping[str, Any]]],
    violated: str | None = None,
) -> Trace:
    """The trace of these steps; arguments are values as traces have them."""
    bounds = protocol.sized(**sizes)
    with bounds:
        machine, reader, description = (
            Interpreter(protocol, bounds),
            TraceReader(),
            describe(protocol),
        )
        initial = state = machine.initial()[0]
        path = []
        for action, given in steps:
            types = [p.var.type for p in description.action(action).parameters]
            args = tuple(reader.value(v, t) for v, t in zip(given.values(), types, strict=True))
            after = machine.step(state, action, args)
            assert after is not None, (action, given)
            path.append(Move(action, args, after))
            state = after
    trace = make_trace(protocol, name_of(protocol), bounds, initial, path, violated)
    check_trace(trace, protocol)
    return trace
