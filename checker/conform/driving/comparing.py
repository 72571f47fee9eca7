"""Comparing what an implementation did with a step of the model: the first difference, if any.

Only what the adapter shows and what was sent is compared. What was sent before may be sent again:
the set of messages does not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from quorate.checker.conform.adapters.subject import Answer, Subject
from quorate.checker.conform.seen import Terms, differing, only_names
from quorate.checker.conform.space import Row, Space
from quorate.traces import Value, show


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


@dataclass(frozen=True)
class Unlike:
    """Where both differ, and both values there, as text."""

    kind: Kind
    variable: str | None
    place: str
    """The variable, and the key within a map."""
    model: str
    code: str


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
        self._shown: dict[Row, Mapping[str, Value]] = {}
        self._network = self.space.messages
        self._last: tuple[Any, Any] = frozenset(), frozenset()
        variables = self.space.description.variables
        # Of names equality says enough, which it does not of numbers: True is 1.
        self._of_names = {v.name for v in variables if only_names(v.type)}

    def of(self, row: Row) -> Mapping[str, Value]:
        """The variables of a state."""
        found = self._shown.get(row)
        if found is None:
            found = self._shown[row] = self.space.shown(row)
        return found

    def start(self, row: Row, answer: Answer) -> Unlike | None:
        """What is shown at the start."""
        if answer.contradiction is not None:
            return _contradicted(answer.contradiction)
        return self._state(Kind.STARTS, self.of(row), answer.seen)

    def step(self, before: Row, after: Row, answer: Answer) -> Unlike | None:
        """What was done, where the model goes from one state to another."""
        if answer.contradiction is not None:
            return _contradicted(answer.contradiction)
        if answer.refused is not None:
            return Unlike(Kind.REFUSES, None, "", "done", answer.refused)
        was, is_now = self.of(before), self.of(after)
        unlike = self._sent(was, is_now, answer) or self._state(Kind.CHANGES, is_now, answer.seen)
        if unlike is None and not self.moved and before != after:
            names = [*answer.seen, *([self._network] if self._network else ())]
            self.moved = any(was[name] != is_now[name] for name in names)
        return unlike

    def nothing(self, row: Row, answer: Answer) -> Unlike | None:
        """What was done, where the model stays in a state."""
        if answer.contradiction is not None:
            return _contradicted(answer.contradiction)
        here = self.of(row)
        return self._sent(here, here, answer, Kind.ALLOWS) or self._state(
            Kind.ALLOWS, here, answer.seen
        )

    def read(self, answer: Answer) -> dict[str, Value]:
        """All that is shown, as the model would show it."""
        value, terms = self.subject.value, self.terms
        return {name: terms.variable(name, value(name, x)) for name, x in answer.seen.items()}

    def _sent(
        self,
        before: Mapping[str, Value],
        after: Mapping[str, Value],
        answer: Answer,
        kind: Kind = Kind.SENDS,
    ) -> Unlike | None:
        network = self._network
        if not answer.sent and (network is None or after[network] is before[network]):
            return None
        if network is None:
            self.terms.messages(answer.sent)
            return None
        held, holds = before[network], after[network]
        assert isinstance(held, frozenset) and isinstance(holds, frozenset)
        expected = holds - held
        if network in self._of_names and answer.sent - held == expected:
            return None
        new = self.terms.messages(answer.sent) - held
        if new == expected:
            return None
        return Unlike(kind, network, network, _messages(expected), _messages(new))

    def _same_messages(self, shown: Any, expected: Any) -> bool:
        """Whether two sets of messages are equal, by what is new since two that were.

        Old messages are mostly the same objects as before, which is quickly seen.
        """
        last_shown, last = self._last
        new, fresh = shown - last_shown, expected - last
        grown = len(shown) == len(last_shown) + len(new)
        same = grown and len(expected) == len(last) + len(fresh) and new == fresh
        if same or shown == expected:
            self._last = shown, expected
            return True
        return False

    def _state(
        self, kind: Kind, expected: Mapping[str, Value], seen: Mapping[str, Any]
    ) -> Unlike | None:
        same, names, network = self.terms.same, self._of_names, self._network
        for variable, shown in seen.items():
            if variable in expected:
                value = expected[variable]
                if type(shown) is type(value) and variable in names:
                    if variable == network and self._same_messages(shown, value):
                        continue
                    if variable != network and shown == value:
                        continue
                if same(shown, value):
                    continue
            value = self.terms.variable(variable, self.subject.value(variable, shown))
            if value != expected[variable]:
                key, wanted, found = differing(expected[variable], value)
                return Unlike(kind, variable, f"{variable}{key}", show(wanted), show(found))
        self.shown.update(seen)
        return None


def _contradicted(text: str) -> Unlike:
    return Unlike(Kind.CONTRADICTS, None, "", "no word for this", text)


def _messages(messages: frozenset[Value]) -> str:
    return ", ".join(sorted(map(show, messages))) or "nothing"
