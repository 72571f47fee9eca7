"""`quorate.explain`: why an action is disabled at a point of a trace, or what it would change."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from quorate.checker.conform.replaying.recorded import protocol_of, sizes_of
from quorate.checker.errors import InputError
from quorate.checker.loading import name_of
from quorate.checker.rendering import explanation
from quorate.checker.rendering.explanation import Explained
from quorate.checker.rendering.output import Output, plain_text
from quorate.checker.tracing.build import make_trace
from quorate.checker.tracing.calls import call_of
from quorate.checker.tracing.enabling import enabling
from quorate.checker.tracing.guards import TriedAction, nearest, tried
from quorate.checker.tracing.reading import NotAValueError, TraceReader
from quorate.model.language import Protocol, Sizes
from quorate.model.language.description import describe
from quorate.model.language.interpreter import Interpreter, State
from quorate.traces import Trace, read_itf

from ._check import loaded


@dataclass(frozen=True, repr=False)
class Explanation:
    """What was explained: of each action that was asked about, its guards and its effects."""

    protocol: type[Protocol]
    step: int
    steps: int
    explained: tuple[Explained, ...]

    def to_json(self) -> dict[str, Any]:
        """The explanation as plain data, described by `quorate.schema.json`."""
        return explanation.as_json(name_of(self.protocol), self.step, self.explained)

    def show(self, out: Output) -> None:
        """Write the explanation for people."""
        explanation.show(out, self.step, self.steps, self.explained)

    def __repr__(self) -> str:
        return plain_text(self.show)


def explain(
    trace: Trace | str | PathLike[str],
    action: str | None = None,
    *,
    at: int | None = None,
    protocol: type[Protocol] | str | None = None,
) -> Explanation:
    """Explain at a state of a trace why an action is disabled, or what it would change.

    `trace` is a result's, or the name of an ITF file. The state is the one before step `at`, or
    the last one. `action` is written as traces show it, "phase2a(b1, v1, {a0,a2})"; by its name
    alone, its enabled instances are explained, or the one that misses the fewest guards. Without
    it, that is done for all actions. `protocol` is needed where the trace's is not where the trace
    says. What would enable an action is searched for among the states that follow, up to
    `quorate.checker.tracing.enabling.MOST_STATES`.

    Raises ModelError, TraceError, InputError.
    """
    file = None if isinstance(trace, Trace) else Path(trace)
    recorded = trace if isinstance(trace, Trace) else read_itf(Path(trace))
    target = protocol_of(recorded, file) if protocol is None else loaded(protocol)
    steps = len(recorded.steps)
    before = steps + 1 if at is None else at
    if not 1 <= before <= steps + 1:
        raise InputError(f"found step {before}, expected 1 to {steps + 1}: before which step")
    sizes = sizes_of(recorded, target)
    description, explained = describe(target), list[Explained]()
    with sizes:
        try:
            state = TraceReader().state(description, recorded.state(before - 1))
        except NotAValueError as error:
            raise InputError(f"the state before step {before}: {error}") from None
        interpreter = Interpreter(target, sizes)
        asked = [(a.name, None) for a in description.actions]
        for name, arguments in asked if action is None else [call_of(action, description)]:
            if arguments is not None:
                found, instances = [tried(interpreter, state, name, arguments)], None
            else:
                found, instances = nearest(interpreter, state, name)
            explained += [_explained(interpreter, sizes, state, f, instances) for f in found]
    return Explanation(target, before, steps, tuple(explained))


def _explained(
    interpreter: Interpreter, sizes: Sizes, state: State, found: TriedAction, instances: int | None
) -> Explained:
    if found.move is not None:
        protocol = interpreter.protocol
        run = make_trace(protocol, name_of(protocol), sizes, state, [found.move])
        return Explained(found, run, None, instances)
    if instances == 0:
        return Explained(found, None, None, instances)
    places = [guard.place for guard in found.guards if not guard.held and guard.place is not None]
    search = enabling(interpreter, state, found.action, found.arguments, places)
    return Explained(found, None, search, instances)
