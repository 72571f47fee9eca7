"""Replaying a model's trace on an implementation, step by step.

After each step, the messages sent and the state that the adapter shows are compared; the first
difference ends the replay. A verdict rests only on what was seen: nothing that the adapter does not
show is filled in from the model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from quorate.checker.conform.adapter import (
    Adapter,
    AdapterError,
    Contradiction,
    Refusal,
    Unrealisable,
)
from quorate.checker.conform.adapters.calls import Caller
from quorate.checker.conform.adapters.subject import setting_of
from quorate.checker.conform.network import NOTHING
from quorate.checker.conform.seen import Terms, differing, holds, read_by
from quorate.checker.conform.space import Call
from quorate.checker.liveness.recorded import named
from quorate.checker.results import DEADLOCK
from quorate.checker.tracing.reading import TraceReader
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.sorts import Sizes
from quorate.model.language.description import describe
from quorate.traces import FrozenMap, Step, Trace, Value, show

from .recorded import sizes_of
from .resting import fair_actions, rest

ROUNDS = 3  # times that the loop of a run is gone round


class ReplayVerdict(Enum):
    """How the implementation fared."""

    REPRODUCED = "reproduced"
    """It does every step of a counterexample, and what it shows violates the property."""
    REFUSED = "refused"
    """It does not do a step of a counterexample, or does something else there."""
    CONFORMS = "conforms"
    """It does every step of a run that violates nothing, as the model does."""
    DIVERGES = "diverges"
    """It does not follow such a run, or does not start as the model does."""
    UNJUDGED = "unjudged"
    """What was seen is not enough to say any of this."""


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
        where = f"step {self.step}, {self.action}{who}" if self.step else self.action
        return (
            f"{where}\n"
            f"  {what}the model has    {self.model}\n"
            f"  {' ' * len(what)}the code has     {self.implementation}"
        )


@dataclass(frozen=True)
class Replay:
    """The result of a replay; `reason` says why it is unjudged."""

    verdict: ReplayVerdict
    steps: int
    divergence: Divergence | None = None
    violated: str | None = None
    reason: str | None = None
    unseen: tuple[str, ...] = ()
    """The variables that were never compared."""
    asked: int = 0
    """How many further steps were asked for at the end, where nothing must happen any more."""


def replay(trace: Trace, protocol: type[Protocol], adapter: Adapter) -> Replay:
    """Drive an implementation along a trace that `check_trace` has accepted.

    If the trace repeats, the implementation has to go round the loop `ROUNDS` times.

    Raises AdapterError, naming step and line, for an adapter that cannot be used.
    """
    sizes = sizes_of(trace, protocol)
    with sizes:
        return _Run(trace.unrolled(ROUNDS), protocol, sizes, Caller(adapter)).replay()


@dataclass
class _Run:
    trace: Trace
    protocol: type[Protocol]
    sizes: Sizes
    caller: Caller
    shown: dict[str, Value] = field(default_factory=dict)
    """What the adapter showed last, and what it showed of each variable at first."""
    first: dict[str, Value] = field(default_factory=dict)
    always: set[str] | None = None
    """The variables that were shown in every state so far."""
    moved: bool = False
    """Whether any step was seen to be done: it changed what is shown, or sent something."""

    asking: Call | None = None
    """What is asked for beyond the trace."""

    def __post_init__(self) -> None:
        self.terms = Terms(describe(self.protocol), self.caller.places())
        self.network = self.terms.network
        self.held = self.network.names if self.network else ()

    def replay(self) -> Replay:
        try:
            return self._followed()
        except AdapterError as error:
            raise AdapterError(f"{self._place()}: {error}") from error

    def _place(self) -> str:
        if self.asking is not None:
            return f"after the last step, asked for {self.asking}"
        if not self.number:
            return "at the start"
        return f"step {self.number}, {self.trace.steps[self.number - 1].title()}"

    def _followed(self) -> Replay:
        self.number = 0
        initial = FrozenMap(
            {v.name: self.trace.initial[v.name] for v in self.terms.description.variables}
        )
        self.caller.start(setting_of(self.protocol, self.sizes, self.trace.protocol, initial))
        try:
            difference = self._observed(0, None)
        except Contradiction as found:
            difference = _contradicted(0, None, found)
        if difference is not None:
            return self._result(ReplayVerdict.DIVERGES, 0, difference)
        for number, step in self.trace.numbered():
            self.number = number
            try:
                ended = self._step(number, step)
            except Contradiction as found:
                ended = self._differs(number, _contradicted(number, step, found))
            if ended is not None:
                return ended
        return self._ended()

    def _step(self, number: int, step: Step) -> Replay | None:
        """One step; how the replay ends, if it ends here."""
        try:
            difference = self._performed(number, step) or self._observed(number, step)
        except Refusal as refusal:
            return self._refused(number, step, refusal)
        except Unrealisable as why:
            reason = f"the adapter cannot bring step {number} about, {step.title()}: {why}"
            return self._result(ReplayVerdict.UNJUDGED, number - 1, reason=reason)
        return None if difference is None else self._differs(number, difference)

    def _performed(self, number: int, step: Step) -> Divergence | None:
        """One step, and the messages that it makes the implementation send."""
        sent = self.terms.messages(self.caller.perform(step.action, dict(step.args)))
        self.moved = self.moved or bool(sent)
        new, expected = sent, NOTHING
        if self.network is not None:
            before, after = self.trace.state(number - 1), self.trace.state(number)
            new = self.network.new(sent, before)
            expected = self.network.sent(before, after, dict(step.args).values())
        if new == expected:
            return None
        both = _messages(expected), _messages(new)
        name = self.held[0] if self.held else "sent"
        return Divergence(number, step.title(), step.node, name, *both)

    def _observed(self, number: int, step: Step | None) -> Divergence | None:
        """What the adapter shows after a step, compared with the model's state."""
        expected = self.trace.state(number)
        self.shown = {}
        for variable, shown in self.caller.observe().items():
            value = self._read(variable, shown, expected)
            self.shown[variable] = value
            if not self.moved and value != self.first.setdefault(variable, value):
                self.moved = True
            if value is not expected[variable] and value != expected[variable]:
                key, wanted, found = differing(expected[variable], value)
                title = step.title() if step else "the initial state"
                node = step.node if step else None
                return Divergence(
                    number, title, node, f"{variable}{key}", show(wanted), show(found)
                )
        shown_now = {*self.shown}
        self.always = shown_now if self.always is None else self.always & shown_now
        return None

    def _read(self, variable: str, shown: Any, expected: FrozenMap) -> Value:
        """What the adapter shows of a variable, where it may be what the model has as it is."""
        if variable in expected and self.terms.same(shown, expected[variable]):
            return expected[variable]
        return self.terms.variable(variable, self.caller.value(variable, shown))

    def _refused(self, number: int, step: Step, refusal: Refusal) -> Replay:
        done = f"{step.title()} done"
        difference = Divergence(number, step.title(), step.node, None, done, str(refusal))
        before, after = self.trace.state(number - 1), self.trace.state(number)
        for variable, shown in self.caller.observe().items():
            value = self._read(variable, shown, after)
            if value == after[variable] and value != before[variable]:
                reason = f"perform refuses the step, but {variable} is as if it was done"
                return self._result(ReplayVerdict.UNJUDGED, number - 1, difference, reason=reason)
        return self._differs(number, difference)

    def _differs(self, number: int, difference: Divergence) -> Replay:
        if self.trace.violation is None:
            return self._result(ReplayVerdict.DIVERGES, number - 1, difference)
        if not self.moved:
            # Nor does a dead process do what a broken model does, and it may call that a refusal.
            return self._result(
                ReplayVerdict.UNJUDGED, number - 1, difference, reason=self._still()
            )
        return self._result(ReplayVerdict.REFUSED, number - 1, difference)

    def _ended(self) -> Replay:
        steps = len(self.trace.steps)
        if self.trace.violation is not None and (self.moved or (self.first and not steps)):
            return self._judged_by_kind(self.trace.violation.property, steps)
        if not self.moved:
            return self._result(ReplayVerdict.UNJUDGED, steps, reason=self._still())
        if not self.first and self._has_more_than_messages():
            reason = "of the state nothing was compared: the adapter observes nothing"
            return self._result(ReplayVerdict.UNJUDGED, steps, reason=reason)
        if self.trace.undefined is not None:
            tried = self.trace.undefined.step.title()
            reason = f"the model is undefined after these steps ({tried}: no further can be judged)"
            return self._result(ReplayVerdict.UNJUDGED, steps, reason=reason)
        return self._result(ReplayVerdict.CONFORMS, steps)

    def _judged_by_kind(self, called: str, steps: int) -> Replay:
        """Whether the implementation breaks a property of the last state, or of the run."""
        p = named(self.terms.description, called)
        if called == DEADLOCK:
            return self._judged_at_rest(called, steps, None)
        if p is not None and self.trace.loop == steps:
            return self._judged_at_rest(called, steps, fair_actions(self.protocol))
        if p is None:
            return self._judged(called, steps)
        if needed := [
            v for v in read_by(self.protocol, p.name) if v not in self._known(self.always or ())
        ]:
            return self._result(ReplayVerdict.UNJUDGED, steps, reason=_unshown(p.name, needed))
        # In each of its states it shows what the model has, so the property is as true of its run.
        return self._result(ReplayVerdict.REPRODUCED, steps, violated=called)

    def _known(self, shown: Iterable[str]) -> set[str]:
        """The variables that are known, given those that are shown."""
        seen = {*shown}
        if self.network and self.network.grows and not self.trace.state(0)[self.held[0]]:
            seen.add(self.held[0])  # It has sent what the model has, step by step.
        return seen

    def _judged(self, name: str, steps: int) -> Replay:
        """Whether what the implementation shows in the end breaks the property."""
        seen = self._known(self.shown)
        state = TraceReader().state(self.terms.description, self.trace.state(steps))
        if holds(self.protocol, self.sizes, name, state, seen) is False:
            return self._result(ReplayVerdict.REPRODUCED, steps, violated=name)
        needed = [v for v in read_by(self.protocol, name) if v not in seen]
        return self._result(ReplayVerdict.UNJUDGED, steps, reason=_unshown(name, needed))

    def _judged_at_rest(self, called: str, steps: int, only: frozenset[str] | None) -> Replay:
        """Whether the implementation rests where the model does, as far as it can be asked."""
        known = self._known(self.always or ())
        hidden = [v.name for v in self.terms.description.variables if v.name not in known]
        if hidden:
            reason = f"{called}: {_unshown('to see that nothing happens', hidden)}"
            return self._result(ReplayVerdict.UNJUDGED, steps, reason=reason)
        if not self.moved:
            return self._result(ReplayVerdict.UNJUDGED, steps, reason=self._still())
        state = TraceReader().state(self.terms.description, self.trace.state(steps))
        found = rest(self.protocol, self.sizes, state, only)
        if found.reason is not None:
            reason = f"{called}: {found.reason}"
            return self._result(ReplayVerdict.UNJUDGED, steps, reason=reason)
        for call in found.calls:
            try:
                if (done := self._done(call, steps)) is None:
                    continue
            except Unrealisable as why:
                reason = f"{called}: the adapter cannot bring {call} about: {why}"
                return self._result(ReplayVerdict.UNJUDGED, steps, reason=reason)
            more = Divergence(steps + 1, str(call), None, None, "nothing happens any more", done)
            return self._result(ReplayVerdict.REFUSED, steps, more)
        return replace(
            self._result(ReplayVerdict.REPRODUCED, steps, violated=called),
            asked=len(found.calls),
        )

    def _done(self, call: Call, steps: int) -> str | None:
        """What the implementation does when it is asked for one step more; None if nothing."""
        self.asking = call
        rests = self.trace.state(steps)
        try:
            sent = self.terms.messages(self.caller.perform(call.action, call.args))
            new = sent if self.network is None else self.network.new(sent, rests)
            if new:
                return f"it sends {_messages(new)}"
        except Refusal:
            pass
        except Contradiction as found:
            return str(found)
        try:
            difference = self._observed(steps, None)
        except Contradiction as found:
            return str(found)
        if difference is not None:
            return f"{difference.variable} becomes {difference.implementation}"
        gone = [name for name in self.first if name not in self.shown]
        return f"{', '.join(gone)} is no longer shown" if gone else None

    def _still(self) -> str:
        if not self.trace.steps:
            return "nothing was compared but the initial state: the trace has no steps"
        if not self.first:
            return "nothing was compared: the adapter observes nothing and sent nothing"
        shown = ", ".join(self.first)
        return f"no step changed what the adapter shows ({shown}), and it sent nothing"

    def _has_more_than_messages(self) -> bool:
        return any(v.name not in self.held for v in self.terms.description.variables)

    def _result(
        self,
        verdict: ReplayVerdict,
        steps: int,
        divergence: Divergence | None = None,
        violated: str | None = None,
        reason: str | None = None,
    ) -> Replay:
        known = {*self.first, *self.held}
        names = (v.name for v in self.terms.description.variables)
        unseen = tuple(name for name in names if name not in known)
        return Replay(verdict, steps, divergence, violated, reason, unseen)


def _unshown(name: str, needed: list[str]) -> str:
    return f"{name} needs {', '.join(needed)}, which the adapter does not show"


def _contradicted(number: int, step: Step | None, found: Contradiction) -> Divergence:
    title = step.title() if step else "the initial state"
    node = step.node if step else None
    return Divergence(number, title, node, None, "no word for this", str(found))


def _messages(messages: frozenset[Value]) -> str:
    return ", ".join(sorted(map(show, messages))) or "nothing"
