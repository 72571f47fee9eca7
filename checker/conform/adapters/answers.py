"""What an adapter answers when it is called: here, or in a process that needs no model.

A call is one exchange: the step, the messages sent, the state afterwards. Whatever the adapter does
becomes an `Answer` or an AdapterError.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from quorate.checker.conform.adapter import Contradiction, Refusal, Setting, Unrealisable
from quorate.traces import Value

from .calls import NOTHING, Arguments, Caller


class Answer(Struct, frozen=True):
    """An implementation's answer to a call."""

    seen: Mapping[str, Any]
    """The variables that it shows afterwards, each as it shows it; `Subject.value` reads one.

    They are the adapter's own objects: they must be read before the next call.
    """
    sent: frozenset[Value] = NOTHING
    refused: str | None = None
    """What it does instead of the step."""
    skipped: str | None = None
    """Why the adapter cannot bring the step about."""
    chosen: tuple[tuple[str, Value], ...] = ()
    """The arguments that it chose itself."""
    contradiction: str | None = None
    """What it did or holds that the model has no word for; nothing else is said then."""


class InProcess:
    """An adapter that is called here."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.value = caller.value

    @property
    def places(self) -> Mapping[str, str]:
        return self._caller.places()

    def start(self, setting: Setting) -> Answer:
        self._caller.start(setting)
        try:
            return Answer(self._caller.observe())
        except Contradiction as contradiction:
            return Answer({}, contradiction=str(contradiction))

    def step(self, action: str, args: Mapping[str, Value]) -> Answer:
        caller, sent = self._caller, NOTHING
        chosen: Arguments = ()
        refused = skipped = None
        try:
            try:
                sent, chosen = caller.done(action, args)
            except Refusal as refusal:
                refused = str(refusal) or "refused"
            except Unrealisable as reason:
                skipped = str(reason) or "it cannot be brought about"
            return Answer(caller.observe(), sent, refused, skipped, chosen)
        except Contradiction as contradiction:
            return Answer({}, contradiction=str(contradiction))

    def probe(self, calls: Sequence[tuple[str, Mapping[str, Value]]]) -> Iterator[Answer]:
        return (self.step(*call) for call in calls)

    def snapshot(self) -> Any:
        return self._caller.snapshot()

    def restore(self, snapshot: Any) -> None:
        self._caller.restore(snapshot)
