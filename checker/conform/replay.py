"""Replaying a model's trace on an implementation, step by step.

After each step the messages sent and the projected state are compared; the first difference ends
the replay. Three outcomes: the implementation *reproduces* the violation, *refuses* a step of the
trace (or does something else there), or *conforms* to a trace that violates nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from quorate.checker.errors import InputError
from quorate.checker.report.reading import NotAValueError, Reader
from quorate.model.language import SizeError, StepError
from quorate.model.language.lower import describe, digest
from quorate.model.language.protocol import Protocol
from quorate.model.language.run import Machine
from quorate.model.language.sorts import Sizes
from quorate.traces import FrozenMap, State, Step, Trace, Value, show

from .adapter import Adapter, Refusal


class Verdict(Enum):
    """How the implementation fared."""

    REPRODUCED = "reproduced"
    REFUSED = "refused"
    CONFORMS = "conforms"


@dataclass(frozen=True)
class Divergence:
    """The first difference: where, in which variable, and both values."""

    step: int
    action: str
    node: str | None
    variable: str | None
    model: str
    implementation: str

    def __str__(self) -> str:
        who = f" of {self.node}" if self.node else ""
        what = f"{self.variable}: " if self.variable else ""
        return (
            f"step {self.step}, {self.action}{who}\n"
            f"  {what}the model has    {self.model}\n"
            f"  {' ' * len(what)}the code has     {self.implementation}"
        )


@dataclass(frozen=True)
class Replay:
    """What replaying a trace showed."""

    verdict: Verdict
    steps: int
    divergence: Divergence | None = None
    violated: str | None = None


def sizes_of(trace: Trace, protocol: type[Protocol]) -> Sizes:
    """The sizes that a trace was made with. Raises InputError if they are not the protocol's."""
    try:
        return protocol.sized(faults=dict(trace.faults), **dict(trace.sizes))
    except SizeError as error:
        raise InputError(
            f"the trace's sizes are not those of {protocol.__name__}: {error}"
        ) from None


def check_trace(trace: Trace, protocol: type[Protocol]) -> Sizes:
    """Make sure that a trace is one of this protocol. Raises InputError naming the step."""
    description = describe(protocol)
    if trace.digest is not None and trace.digest != digest(description):
        raise InputError(
            f"the trace was made from another description of {protocol.__name__} "
            f"(digest {trace.digest}, now {digest(description)}): make it again"
        )
    sizes = sizes_of(trace, protocol)
    with sizes:
        machine, reader = Machine(protocol, sizes), Reader()
        try:
            place = "the initial state"
            before = reader.state(description, trace.initial)
            if before not in machine.initial():
                raise InputError(f"the initial state is not one of {protocol.__name__}")
            for number, step in enumerate(trace.steps, start=1):
                place = f"step {number} ({step.action})"
                if step.action not in machine.actions:
                    raise InputError(
                        f"{place}: {protocol.__name__} has no such action; "
                        f"it has {', '.join(machine.actions)}"
                    )
                action = description.action(step.action)
                types = [p.var.type for p in action.parameters]
                given = [v for _, v in step.args]
                if len(given) != len(types):
                    raise InputError(
                        f"{place}: found {len(given)} arguments, expected {len(types)}"
                    )
                args = tuple(reader.value(v, t) for v, t in zip(given, types, strict=True))
                after = reader.state(description, step.state)
                if machine.step(before, step.action, args) != after:
                    raise InputError(f"{place} is not a step of {protocol.__name__}")
                before = after
        except NotAValueError as error:
            raise InputError(f"{place}: {error}") from None
        except StepError as error:
            raise InputError(f"{place}: {error}") from None
    return sizes


def replay(trace: Trace, protocol: type[Protocol], adapter: Adapter) -> Replay:
    """Drive an implementation along a trace that `check_trace` has accepted."""
    adapter.start(trace)
    if difference := _state_difference(0, None, trace.initial, adapter.observe()):
        return Replay(Verdict.REFUSED, 0, difference)
    for number, step in enumerate(trace.steps, start=1):
        try:
            sent = adapter.perform(step.action, dict(step.args))
        except Refusal as refusal:
            lost = Divergence(number, step.title(), step.node, None, _does(step), str(refusal))
            return Replay(Verdict.REFUSED, number - 1, lost)
        difference = _message_difference(number, step, trace, sent) or _state_difference(
            number, step, step.state, adapter.observe()
        )
        if difference is not None:
            return Replay(Verdict.REFUSED, number - 1, difference)
    violated = _violated(trace, protocol, adapter)
    verdict = Verdict.REPRODUCED if violated else Verdict.CONFORMS
    return Replay(verdict, len(trace.steps), None, violated)


def _does(step: Step) -> str:
    return f"{step.title()} done"


def _message_difference(
    number: int, step: Step, trace: Trace, sent: frozenset[Value]
) -> Divergence | None:
    expected = frozenset(trace.sent(number))
    # A message that was sent before may be sent again: the set of messages does not change.
    before = trace.state(number - 1)[trace.messages] if trace.messages else frozenset()
    assert isinstance(before, frozenset)
    new = frozenset(sent) - before
    if new == expected:
        return None
    return Divergence(number, step.title(), step.node, "sent", _messages(expected), _messages(new))


def _messages(messages: frozenset[Value]) -> str:
    return ", ".join(sorted(map(show, messages))) or "nothing"


def _state_difference(
    number: int, step: Step | None, expected: State, seen: Mapping[str, Value]
) -> Divergence | None:
    title = step.title() if step else "initial state"
    node = step.node if step else None
    for variable, value in seen.items():
        wanted = expected[variable]
        if value == wanted:
            continue
        if isinstance(value, FrozenMap) and isinstance(wanted, FrozenMap):
            for key in wanted:
                if value.get(key, "missing") != wanted[key]:
                    place = f"{variable}[{_key(key)}]"
                    found = show(value[key]) if key in value else "missing"
                    return Divergence(number, title, node, place, show(wanted[key]), found)
        return Divergence(number, title, node, variable, show(wanted), show(value))
    return None


def _key(key: Value) -> str:
    return ", ".join(map(show, key)) if isinstance(key, tuple) else show(key)


def _violated(trace: Trace, protocol: type[Protocol], adapter: Adapter) -> str | None:
    """Whether the implementation's own state breaks the property that the trace breaks."""
    if trace.violation is None:
        return None
    expected = {str(k): v for k, v in trace.state(len(trace.steps)).items()}
    shown = {**expected, **adapter.observe()}
    sizes = sizes_of(trace, protocol)
    with sizes:
        state = Reader().state(describe(protocol), shown)
        holds = Machine(protocol, sizes).holds(trace.violation.property, state)
    return None if holds else trace.violation.property
