"""Comparing what an implementation did with a step of the model: the first difference, if any.

Only what the adapter shows and what was sent is compared. What was sent before may be sent again:
the set of messages does not change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial, reduce
from operator import or_
from typing import Any

from quorate.checker.conform.adapter import AdapterError
from quorate.checker.conform.adapters.answers import Answer
from quorate.checker.conform.adapters.subject import Subject
from quorate.checker.conform.known import KnownValues, MessageBits, content_of
from quorate.checker.conform.seen import Terms, differing
from quorate.checker.conform.showing import Row, Shown
from quorate.checker.conform.space import Call, Space
from quorate.traces import Value, show

MOST_CONTENTS = 16
"""Of how many ways to show the same values each is kept: sets have no order."""


class Kind(Enum):
    """How an implementation differs from the model."""

    STARTS = "starts"
    """It does not start as the model does."""
    REFUSES = "refuses"
    """It does not take a step that the model has."""
    SENDS = "sends"
    """It sends other messages in a step."""
    CHANGES = "changes"
    """It changes its state otherwise in a step."""
    CHOOSES = "chooses"
    """It chooses an argument that the model does not allow."""
    CONTRADICTS = "contradicts"
    """It did or holds what the model has no word for."""
    ALLOWS = "allows"
    """It takes a step that the model disables: it sends something, or changes its state."""

    @property
    def meaning(self) -> str:
        """How it differs, in words."""
        return _MEANING[self]


_MEANING = {
    Kind.STARTS: "it does not start as the model does",
    Kind.REFUSES: "it does not take a step that the model has",
    Kind.SENDS: "it sends other messages than the model",
    Kind.CHANGES: "it does not end in the model's state",
    Kind.CHOOSES: "it chooses what the model does not allow",
    Kind.CONTRADICTS: "the model has no word for what it does",
    Kind.ALLOWS: "it takes a step that the model disables",
}


@dataclass(frozen=True)
class Unlike:
    """Where both differ, and both values there, as text."""

    kind: Kind
    variable: str | None
    place: str
    """The variable, and the key within a map."""
    model: str
    code: str


@dataclass(slots=True)
class _Rest:
    """What states show that differ in nothing but their messages."""

    values: Shown
    contents: set[bytes]
    """What adapters showed of it, as bytes, when each variable was recognised."""


@dataclass(slots=True)
class _State:
    """A state of the model as it is compared."""

    row: Row
    rest: _Rest
    messages: int
    """The number of its messages."""


class _States(dict[Row, _State]):
    """States as they are compared; one that is new is made."""

    def __init__(self, made: Callable[[Row], _State]) -> None:
        super().__init__()
        self._made = made

    def __missing__(self, row: Row) -> _State:
        self[row] = found = self._made(row)
        return found


@dataclass
class Comparer:
    """Compares answers with states of the model. Use it inside the sizes."""

    space: Space
    subject: Subject
    shown: set[str] = field(default_factory=set)
    """The variables that were compared."""
    moved: bool = False
    """Whether any step was seen to do something, in the model and in the implementation."""

    def __post_init__(self) -> None:
        self.terms = Terms(self.space.description, self.subject.places)
        self._states = _States(self._as_compared)
        self._rests: dict[int, _Rest] = {}
        self._shown: dict[Row, Shown] = {}
        self._network = self.space.messages
        network = self.space.network
        self._in_flight = None if network is None or network.grows else network
        self._known = {v.name: KnownValues() for v in self.space.description.variables}
        self._messages = MessageBits(self._read_messages)
        self._plain = True  # so far marshal could write what was shown

    def of(self, row: Row) -> Shown:
        """The variables of a state."""
        if row not in self._shown:
            self._shown[row] = self.space.shown(row)
        return self._shown[row]

    def _as_compared(self, row: Row) -> _State:
        showing = self.space.showing
        number = showing.rest(row)
        if number not in self._rests:
            self._rests[number] = _Rest(showing.shown_rest(row), set())
        messages = map(self._messages.of_model, showing.messages(row))
        return _State(row, self._rests[number], reduce(or_, messages, 0))

    def start(self, row: Row, answer: Answer) -> Unlike | None:
        """What is shown at the start."""
        if answer.contradiction is not None:
            return _contradicted(answer.contradiction)
        return self._seen(Kind.STARTS, self._states[row], answer.seen)

    def step(self, before: Row, after: Row, answer: Answer, call: Call) -> Unlike | None:
        """What was done, where the model goes from one state to another by a call."""
        if answer.contradiction is not None:
            return _contradicted(answer.contradiction)
        if answer.refused is not None:
            return Unlike(Kind.REFUSES, None, "", "done", answer.refused)
        was, is_now = self._states[before], self._states[after]
        unlike = (
            self._sent(Kind.SENDS, was, is_now, answer)
            if self._in_flight is None
            else self._sent_once(Kind.SENDS, was, is_now, answer, call.args.values())
        ) or self._seen(Kind.CHANGES, is_now, answer.seen)
        if unlike is None and not self.moved and before != after:
            names = [*answer.seen, *(self.space.network.names if self.space.network else ())]
            old, new = self.of(before), self.of(after)
            self.moved = any(old[name] != new[name] for name in names)
        return unlike

    def nothing(self, row: Row, answer: Answer) -> Unlike | None:
        """What was done, where the model stays in a state."""
        if answer.contradiction is not None:
            return _contradicted(answer.contradiction)
        here, unlike = self._states[row], None
        if self._in_flight is not None:
            unlike = self._sent_once(Kind.ALLOWS, here, here, answer)
        elif answer.sent:
            unlike = self._sent(Kind.ALLOWS, here, here, answer)
        return unlike or self._seen(Kind.ALLOWS, here, answer.seen)

    def read(self, answer: Answer) -> dict[str, Value]:
        """All that is shown, as the model would show it."""
        return {name: self._read(name, shown) for name, shown in answer.seen.items()}

    def _read(self, variable: str, shown: Any) -> Value:
        return self.terms.variable(variable, self.subject.value(variable, shown))

    def _read_messages(self, shown: frozenset[Value]) -> frozenset[Value]:
        assert self._network is not None
        return self.terms.messages(self.subject.value(self._network, shown))  # type: ignore[arg-type]

    def _sent(self, kind: Kind, before: _State, after: _State, answer: Answer) -> Unlike | None:
        """What was sent, where the model goes from one state to another."""
        network, sent = self._network, answer.sent
        held, holds = before.messages, after.messages
        if not sent and held == holds:
            return None
        if network is None:
            self.terms.messages(sent)
            return None
        number = self._messages.shown.get(id(sent))
        if number is None:
            number = self._messages.of(sent)
        if number & ~held == holds & ~held:
            return None
        was, is_now = self.of(before.row)[network], self.of(after.row)[network]
        assert isinstance(was, frozenset) and isinstance(is_now, frozenset)
        new = self.terms.messages(sent) - was
        return Unlike(kind, network, network, _messages(is_now - was), _messages(new))

    def _sent_once(
        self,
        kind: Kind,
        before: _State,
        after: _State,
        answer: Answer,
        taken: Iterable[Value] = (),
    ) -> Unlike | None:
        """What was sent, where each message that is sent is a new one."""
        assert self._in_flight is not None
        name, new = self._in_flight.names[0], self.terms.messages(answer.sent)
        expected = self._in_flight.sent(self.of(before.row), self.of(after.row), taken)
        if new == expected:
            return None
        return Unlike(kind, name, name, _messages(expected), _messages(new))

    def _seen(self, kind: Kind, here: _State, seen: Mapping[str, Any]) -> Unlike | None:
        """What is shown, where the model is in a state."""
        network = self._network
        content = content_of(seen, network) if self._plain else None
        if content is None:
            self._plain = False
        elif content in here.rest.contents:
            if network is None or network not in seen:
                return None
            if self._are_messages(seen[network], here.messages):
                self.shown.add(network)
                return None
        unlike, recognised = self._each(kind, here, seen)
        if unlike is None:
            self.shown.update(seen)
            if recognised and content is not None:  # the bytes of all are made of those of each
                if len(here.rest.contents) >= MOST_CONTENTS:
                    here.rest.contents.clear()
                here.rest.contents.add(content)
        return unlike

    def _each(
        self, kind: Kind, here: _State, seen: Mapping[str, Any]
    ) -> tuple[Unlike | None, bool]:
        """What is shown of each variable; and whether all but the messages were recognised."""
        recognised = True
        for variable, shown in seen.items():
            if variable == self._network:
                if self._are_messages(shown, here.messages):
                    continue
                known, expected = None, self.of(here.row)[variable]
            else:
                known, expected = self._known.get(variable), here.rest.values.get(variable)
                if known is not None and known.has(shown, expected):
                    continue
            value = self._read(variable, shown)
            if value != expected:
                key, wanted, found = differing(expected, value)
                return Unlike(kind, variable, f"{variable}{key}", show(wanted), show(found)), False
            if known is not None:
                known.add(shown, value, partial(self._read, variable))
                recognised = False
        return None, recognised

    def _are_messages(self, shown: Any, holds: int) -> bool:
        """Whether these are messages, and those of this number; False if it is yet to be read."""
        number = self._messages.shown.get(id(shown))
        if number is not None:
            return number == holds
        if type(shown) is not frozenset and type(shown) is not set:
            return False
        try:
            return self._messages.of(shown) == holds
        except AdapterError:  # It is told when all are read.
            return False


def _contradicted(text: str) -> Unlike:
    return Unlike(Kind.CONTRADICTS, None, "", "no word for this", text)


def _messages(messages: frozenset[Value]) -> str:
    return ", ".join(sorted(map(show, messages))) or "nothing"
