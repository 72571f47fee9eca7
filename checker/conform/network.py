"""Which messages a step of the model sends, by what its network does with them.

Where messages only grow in number, one that was sent before may be sent again: the set does not
change. Where they are gone with their delivery, every message that the code sends is a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from quorate.model.language.declare.protocol import Protocol
from quorate.model.language.declare.types import MessagesType, in_flight
from quorate.traces import FrozenMap, Record, Value

NOTHING: frozenset[Value] = frozenset()


@dataclass(frozen=True)
class ModelNetwork:
    """The variables that hold messages: the first, or all whose messages are gone once delivered.

    A state is given as a trace shows it.
    """

    names: tuple[str, ...]
    type: MessagesType
    grows: bool

    def sent(
        self, before: Mapping[Any, Value], after: Mapping[Any, Value], taken: Iterable[Value] = ()
    ) -> frozenset[Value]:
        """The messages that a step sends which takes some messages."""
        received = [m for m in taken if isinstance(m, Record)]
        found: frozenset[Value] = NOTHING
        for name in self.names:
            held, holds = before[name], after[name]
            if isinstance(held, FrozenMap) and isinstance(holds, FrozenMap):
                for link, old in held.items():
                    found |= _joined(old, holds[link], received)
            elif isinstance(held, frozenset) and isinstance(holds, frozenset):
                found |= holds - (held if self.grows else held.difference(received))
        return found

    def new(self, sent: frozenset[Value], before: Mapping[Any, Value]) -> frozenset[Value]:
        """What counts of the messages that the code sends."""
        held = before[self.names[0]]
        return sent - held if self.grows and isinstance(held, frozenset) else sent


def _joined(old: Value, new: Value, received: list[Record]) -> frozenset[Value]:
    """What joined a link, of which the first may be received, or all be lost."""
    assert isinstance(old, tuple) and isinstance(new, tuple)
    rest = old[1:] if old and old[0] in received else old
    return frozenset(new[len(rest) :] if new[: len(rest)] == rest else new)


def network_of(protocol: type[Protocol]) -> ModelNetwork | None:
    """The network of a protocol; None if it has no messages."""
    held = {n: v.type for n, v in protocol.variables().items() if isinstance(v.type, MessagesType)}
    if not held:
        return None
    first = next(iter(held))
    if in_flight(held[first]) is None:
        return ModelNetwork((first,), held[first], grows=True)
    gone = {n: t for n, t in held.items() if in_flight(t) is not None}
    classes = tuple(m for t in gone.values() for m in t.messages)
    return ModelNetwork(tuple(gone), MessagesType(classes, held[first].network), grows=False)
