"""Whether a trace is consistent: the rules that renderings and replay rely on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .errors import TraceError
from .trace import STEPS, Received, State, Step, Trace, Undefined
from .values import Record, show

KINDS = (
    *(*STEPS, "invariant", "reachable", "final", "constraint"),
    *("eventually", "always_eventually", "eventually_always", "leads_to", "step_property"),
)


def validate(trace: Trace) -> None:
    """Raise TraceError at the first place where `trace` contradicts itself."""
    _check_distinct("sizes", (name for name, _ in trace.sizes))
    _check_distinct("faults", (name for name, _ in trace.faults))
    _check_distinct("processes", trace.processes)
    _check_state(trace, "initial", trace.initial)
    if trace.loop is not None and not 0 <= trace.loop <= len(trace.steps):
        raise TraceError(None, "loop", str(trace.loop), f"a state, 0 to {len(trace.steps)}")
    if trace.undefined is not None:
        _check_undefined(trace, trace.undefined)
    if trace.departure is not None and trace.departure.taken and not trace.steps:
        raise TraceError(None, "departure", "a step that is taken", "a run that ends in it")
    drawn = trace.drawn()
    for number, step in drawn.numbered():
        _check_step(drawn, number, step)


def _check_undefined(trace: Trace, undefined: Undefined) -> None:
    if undefined.kind not in KINDS:
        raise TraceError(
            None, "undefined, kind", repr(undefined.kind), f"one of {', '.join(KINDS)}"
        )
    if trace.violation is not None or trace.loop is not None:
        raise TraceError(None, "undefined", "a violation or a loop as well", "one end of the trace")
    if undefined.step.state != trace.state(len(trace.steps)):
        raise TraceError(None, "undefined, step", "a state of its own", "the last state")


def _check_distinct(place: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise TraceError(None, place, f"{name!r} {count} times", "each name once")


def _check_state(trace: Trace, place: str, state: State) -> None:
    for name in trace.initial:
        if not isinstance(name, str):
            raise TraceError(None, "initial", f"the key {show(name)}", "variables' names")
        if name not in state:
            raise TraceError(None, place, f"no variable {name!r}", "the initial state's variables")
    for name in state:
        if name not in trace.initial:
            raise TraceError(
                None, place, f"a variable {name!r}", "only the initial state's variables"
            )
    _check_messages(trace, place, state)


def _check_messages(trace: Trace, place: str, state: State) -> None:
    if trace.messages is None:
        return
    if trace.messages not in state:
        raise TraceError(None, "messages", repr(trace.messages), "the name of a variable")
    held = state[trace.messages]
    if not isinstance(held, frozenset):
        return  # A network of another shape, shown as an ordinary variable.
    for message in held:
        if not isinstance(message, Record):
            raise TraceError(
                None, f"{place}, variable {trace.messages!r}", show(message), "only messages"
            )


def _check_step(trace: Trace, number: int, step: Step) -> None:
    place = f"step {number}"
    _check_state(trace, place, step.state)
    _check_distinct(f"{place}, args", (name for name, _ in step.args))
    if step.node is not None and trace.processes and step.node not in trace.processes:
        raise TraceError(None, f"{place}, node", repr(step.node), "one of the trace's processes")
    for earlier in step.because:
        if step.because.count(earlier) > 1:
            raise TraceError(None, f"{place}, because", f"{earlier} again", "each step once")
        if not 1 <= earlier < number:
            raise TraceError(None, f"{place}, because", str(earlier), "an earlier step")
    for index, received in enumerate(step.received):
        _check_received(trace, number, f"{place}, received[{index}]", received)


def _check_received(trace: Trace, number: int, place: str, received: Received) -> None:
    sender = received.step
    if not 0 <= sender < number:
        raise TraceError(None, place, f"a sender in step {sender}", "an earlier step")
    if sender and sender not in trace.steps[number - 1].because:
        raise TraceError(None, place, f"the sender {sender}", "it among the step's because")
    if trace.messages is not None and not _was_sent(trace, received):
        found = f"{show(received.message)} from step {sender}"
        raise TraceError(None, place, found, "a message that this step sent")


def _was_sent(trace: Trace, received: Received) -> bool:
    held = trace.initial[str(trace.messages)]
    if not isinstance(held, frozenset):
        return True  # Nothing is known about how this network holds its messages.
    sent = trace.sent(received.step) if received.step else held
    return received.message in sent
