"""The trace of a run: an initial state, and steps that each name what enabled them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from .changes import Change, differences, is_set
from .departure import Departure
from .values import FrozenMap, Record, Value, in_order, show, show_name

State: TypeAlias = FrozenMap
"""Every variable by name; the set of messages sent so far is one of them."""


NOBODY = "—"
"""Stands in a diagram for the process of a step that no process takes."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an action is written."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Received:
    """A message that enabled a step, and the number of the step that sent it.

    Steps are numbered from 1; 0 stands for the initial state.
    """

    message: Record
    step: int


@dataclass(frozen=True, slots=True)
class Step:
    """One atomic step: the action taken, and every variable after it."""

    action: str
    args: tuple[tuple[str, Value], ...]
    state: State
    node: str | None = None
    received: tuple[Received, ...] = ()
    because: tuple[int, ...] = ()
    """Earlier steps that enabled this one: all senders in `received`, and any others."""
    source: Source | None = None

    @property
    def is_named(self) -> bool:
        """Whether it is known which action was taken: traces of Apalache do not say."""
        return bool(self.action or self.args)

    def title(self, names: bool = True) -> str:
        """`phase1b(a=a0, b=b1)`, or `phase1b(a0, b1)` without names."""
        shown = (
            f"{show_name(name)}={show(value)}" if names else show(value)
            for name, value in self.args
        )
        if not self.is_named:
            return "(unnamed step)"
        return f"{show_name(self.action)}({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class Violation:
    """The property that the last state breaks, and in words how."""

    property: str
    witness: str | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line of source, and the characters from `start` to `end` (from 0) that are meant."""

    file: str
    line: int
    text: str
    start: int
    end: int

    def lines(self, width: int) -> list[str]:
        """The place, the line and a caret, in the manner of a compiler.

        Of a line that is too wide, the part with the caret is shown.
        """
        number, gutter = str(self.line), " " * len(str(self.line))
        room = width - len(gutter) - 3
        first = max(0, min(self.start - 1, self.end + 1 - room))
        text = self.text[first : first + room]
        if first:
            text = f"…{text[1:]}"
        if first + room < len(self.text):
            text = f"{text[:-1]}…"
        start, end = self.start - first, min(self.end - first, room)
        return [
            f"{gutter}--> {show_name(self.file)}:{self.line}:{self.start + 1}",
            f"{gutter} |",
            f"{number} | {show_name(text)}",
            f"{gutter} | {' ' * start}{'^' * max(1, end - start)}",
        ]


STEPS = ("init", "action")
"""The kinds of what is undefined that are steps; the others are properties of the last state."""


@dataclass(frozen=True, slots=True)
class Undefined:
    """A step or property that is undefined after the last step, so that nothing can follow.

    `kind` is "action" or "init" for a step, else the decorator of a property. `step` is
    the step that was tried; its state is the last state. `what` is the value found and the range
    expected.
    """

    kind: str
    step: Step
    what: str
    excerpt: Excerpt | None = None

    @property
    def is_step(self) -> bool:
        """Whether it is a step that is undefined, and not a property."""
        return self.kind in STEPS


@dataclass(frozen=True, slots=True)
class Trace:
    """A run of a protocol. It is complete: no model is needed to read it."""

    protocol: str
    """`path-or-module:Class`"""
    sizes: tuple[tuple[str, int], ...]
    initial: State
    steps: tuple[Step, ...]
    violation: Violation | None = None
    messages: str | None = None
    """The variable that holds the set of messages sent."""
    processes: tuple[str, ...] = ()
    """The nodes, in display order."""
    digest: str | None = None
    """A hash of the protocol's description."""
    faults: tuple[tuple[str, int], ...] = ()
    loop: int | None = None
    """The number of the state from which the run repeats for ever; None if it just ends."""
    undefined: Undefined | None = None
    departure: Departure | None = None
    """What an implementation that was driven along the run did otherwise at its end."""
    notes: tuple[str, ...] = ()
    """What of the explanation is missing, and why."""

    def state(self, number: int) -> State:
        """The state after step `number`; number 0 is the initial state."""
        if not 0 <= number <= len(self.steps):
            raise IndexError(f"no step {number} in a trace of {len(self.steps)} steps")
        return self.steps[number - 1].state if number else self.initial

    def numbered(self) -> Iterator[tuple[int, Step]]:
        """The steps with their numbers, from 1."""
        return enumerate(self.steps, start=1)

    def drawn(self) -> Trace:
        """What a picture shows: a step that is undefined is one more, which changes nothing."""
        if self.undefined is None or not self.undefined.is_step:
            return self
        return replace(self, steps=(*self.steps, self.undefined.step))

    def unrolled(self, rounds: int) -> Trace:
        """The trace with its loop that many times in a row; the same where nothing repeats."""
        again = self.steps[self.loop :] if self.loop is not None else ()
        return replace(self, steps=(*self.steps, *again * (rounds - 1)))

    def is_repeated(self, number: int) -> bool:
        """Whether step `number` is one of those that repeat for ever."""
        return self.loop is not None and number > self.loop

    def is_undefined(self, number: int) -> bool:
        """Whether step `number` of what is drawn is the one that is undefined."""
        return self.undefined is not None and self.steps[number - 1] is self.undefined.step

    def verdict(self) -> tuple[str, str] | None:
        """What the trace ends in, and in words how; None if nothing is wrong."""
        if self.violation is not None:
            return f"{show_name(self.violation.property)} is violated", self.violation.witness or ""
        if self.undefined is not None:
            title = self.undefined.step.title()
            return "the model is undefined here", f"{title}: {self.undefined.what}"
        return None

    def changes(self, number: int) -> tuple[Change, ...]:
        """What step `number` changed, part by part; the message set is left to `sent`."""
        old, new = self._around(number)
        changed = (name for name in new if old.get(name) != new[name])
        return tuple(
            change
            for name in changed
            if not (name == self.messages and is_set(old.get(name)) and is_set(new[name]))
            for change in differences(str(name), old.get(name), new[name])
        )

    def sent(self, number: int) -> tuple[Record, ...]:
        """The messages that step `number` added to the message set."""
        old, new = (self._messages_in(state) for state in self._around(number))
        return _records(new - old)

    def consumed(self, number: int) -> tuple[Record, ...]:
        """The messages that step `number` took out of the message set (received once, or lost)."""
        old, new = (self._messages_in(state) for state in self._around(number))
        return _records(old - new)

    def is_received(self, number: int, message: Record) -> bool:
        """Whether some later step receives what step `number` sent."""
        later = (received for step in self.steps[number:] for received in step.received)
        return any(r.step == number and r.message == message for r in later)

    def columns(self) -> tuple[str, ...]:
        """What a diagram has columns for: the processes, and NOBODY for steps without one."""
        nodes = {step.node for step in self.steps}
        unlisted = nodes - {None, *self.processes}
        names = (*self.processes, *map(str, in_order(unlisted)))
        return (NOBODY, *names) if None in nodes or not names else names

    @property
    def has_processes(self) -> bool:
        """Whether any process is known, so that a diagram has more than one column."""
        return self.columns() != (NOBODY,)

    def repeats(self) -> str | None:
        """What `loop` means, in words."""
        if self.loop is None:
            return None
        place = f"the state after step {self.loop}" if self.loop else "the initial state"
        if self.loop == len(self.steps):
            return f"the run stays for ever in {place}"
        return f"the run goes on for ever: it repeats from {place} on"

    def _around(self, number: int) -> tuple[State, State]:
        if number < 1:
            raise IndexError(f"steps are numbered from 1, not {number}")
        return self.state(number - 1), self.state(number)

    def _messages_in(self, state: State) -> frozenset[Value]:
        held = state.get(self.messages) if self.messages is not None else None
        if isinstance(held, FrozenMap):  # what is on each link, in order
            queues = (queue for queue in held.values() if isinstance(queue, tuple))
            return frozenset(m for queue in queues for m in queue if isinstance(m, Record))
        return held if isinstance(held, frozenset) else frozenset()


def _records(messages: frozenset[Value]) -> tuple[Record, ...]:
    # Every element of the message set is a record: `validate` sees to it.
    return tuple(cast("list[Record]", in_order(messages)))
