"""Which step sent what a step takes off a link of a fifo network."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from quorate.model.language import Message
from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.queues import ends_of, fifo_of
from quorate.model.language.declare.types import key_values
from quorate.model.language.interpreter import State


@dataclass
class Links:
    """The steps that sent what is in flight, followed along a path. Use it inside the sizes."""

    protocol: type[Protocol]
    _at: dict[type, tuple[int, dict[Any, int]]] = field(default_factory=dict)
    """For each class of messages the position of its variable, and of each link in it."""
    _senders: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for i, v in enumerate(self.protocol.variables().values()):
            if (t := fifo_of(v.type)) is not None:
                links = {link: k for k, link in enumerate(key_values(ends_of(t)))}
                self._at.update((kind, (i, links)) for kind in t.messages)

    def place(self, message: Any) -> tuple[int, int] | None:
        """The variable and the link that a message travels on, if the network is such."""
        if type(message) not in self._at:
            return None
        i, links = self._at[type(message)]
        return i, links[tuple(getattr(message, name) for name in type(message).link)]

    def sender(self, message: Message) -> int | None:
        """The step that sent the first message on a link; 0 if it was there from the start."""
        place = self.place(message)
        return None if place is None else (self._senders.get(place) or [0])[0]

    def advance(self, number: int, before: State, after: State, taken: Collection[Any]) -> None:
        """Follow step `number`, which takes some messages."""
        received = {self.place(m) for m in taken}
        for i, links in dict(self._at.values()).items():
            for k in links.values():
                place, gone = (i, k), int((i, k) in received)
                if place in self._senders or before[i][k] != after[i][k] or gone:
                    self._senders[place] = self._after(number, place, before, after, gone)

    def _after(
        self, number: int, place: tuple[int, int], before: State, after: State, gone: int
    ) -> list[int]:
        i, k = place
        old, new = before[i][k][gone:], after[i][k]
        senders = self._senders.get(place, [0] * len(before[i][k]))[gone:]
        kept = len(old) if new[: len(old)] == old else 0  # or all was lost
        return senders[:kept] + [number] * (len(new) - kept)
