"""Traces as ways through a protocol, and ways as traces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from quorate.checker.errors import InputError
from quorate.checker.loading import name_of
from quorate.checker.tracing.build import make_trace
from quorate.checker.tracing.reading import NotAValueError, TraceReader
from quorate.checker.tracing.values import show_value
from quorate.model.language.interpreter import State
from quorate.traces import FrozenMap, Step, Trace

from .walk import EnabledStep, Walk, Way


def way_of(walk: Walk, trace: Trace) -> Way:
    """The way that a trace takes through the protocol. Use it inside the sizes.

    A step is found by its action, its arguments and the state after it. Where a trace names no
    action, as those of other tools do not, the state alone is looked for. Raises InputError naming
    the step that the protocol does not have.
    """
    _check_sizes(walk, trace)
    reader = TraceReader()
    state = _read(walk, reader, "the initial state of the trace is", trace.initial)
    if state not in walk.initial:
        raise InputError(f"the initial state of the trace is none of {walk.protocol.__name__}")
    way = [walk.initial.index(state)]
    for number, step in trace.numbered():
        place = f"step {number} of the trace, {step.title(names=False)}"
        after = _read(walk, reader, f"{place}, leads to", step.state)
        way.append(_number(walk, state, step, after, place))
        state = after
    return tuple(way)


def way_through(walk: Walk, states: Sequence[State]) -> Way:
    """A way through these states. Use it inside the sizes. Raises InputError."""
    first, *rest = states
    return (walk.initial.index(first), *way_on(walk, first, rest))


def way_on(walk: Walk, state: State, states: Sequence[State]) -> Way:
    """The numbers of the steps from a state through these. Use it inside the sizes."""
    way = []
    for before, after in pairwise((state, *states)):
        steps = enumerate(walk.steps(before))
        way.append(next(number for number, step in steps if step.after == after))
    return tuple(way)


def trace_of(walk: Walk, way: Way) -> Trace:
    """The run along a way as a trace, with what enabled each step. Use it inside the sizes.

    If its last state violates an invariant, the trace says so. Raises InputError.
    """
    initial, moves = walk.run(way)
    last = moves[-1].state if moves else initial
    return make_trace(
        walk.protocol, name_of(walk.protocol), walk.sizes, initial, moves, _violated(walk, last)
    )


def _violated(walk: Walk, state: State) -> str | None:
    names = (p.name for p in walk.description.invariants)
    return next((name for name in names if walk.holds(name, state) is False), None)


def _check_sizes(walk: Walk, trace: Trace) -> None:
    """Other tools' traces know no sizes: then the values tell."""
    for made, here in ((trace.sizes, walk.sizes), (trace.faults, walk.sizes.faults)):
        if trace.digest is not None and dict(made) != dict(here):
            said = ", ".join(f"{name}={n}" for name, n in (*trace.sizes, *trace.faults))
            raise InputError(
                f"the trace was made with {said}, and this page is for {walk.sizes}; "
                "`quorate explore --trace FILE` opens it"
            )


def _read(walk: Walk, reader: TraceReader, place: str, shown: FrozenMap) -> State:
    try:
        return reader.state(walk.description, shown)
    except NotAValueError as error:
        raise InputError(f"{place} no state of {walk.protocol.__name__}: {error}") from None


def _number(walk: Walk, state: State, wanted: Step, after: State, place: str) -> int:
    for number, step in enumerate(walk.steps(state)):
        if step.after == after and (not wanted.action or _is(step, wanted)):
            return number
    raise InputError(f"{place}, is no step of {walk.protocol.__name__} ({walk.sizes})")


def _is(step: EnabledStep, wanted: Step) -> bool:
    given = [value for _, value in wanted.args]
    return step.action == wanted.action and [show_value(a) for a in step.arguments] == given
