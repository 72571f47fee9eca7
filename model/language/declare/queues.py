"""A fifo network as a map from links to sequences, which is what a state holds.

All engines know maps and sequences. What travels on a link is a message of several classes: a
packet, a record with an optional field for each class of which one holds the message.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from .networks import Fifo
from .protocol import Variable
from .types import (
    MapType,
    Message,
    MessagesType,
    NatType,
    OptionType,
    Record,
    RecordType,
    SeqType,
    Type,
)


class Packet(Record):
    """A message in flight on a link: all fields but that of its class are None."""

    @classmethod
    def of(cls, message: Message) -> Packet:
        """The packet with this message."""
        kind = type(message).__name__
        return cls(*(message if name == kind else None for name in cls.field_names()))

    @property
    def message(self) -> Any:
        """The message that is in it."""
        return next(x for x in self if x is not None)

    def __repr__(self) -> str:
        return repr(self.message)


@cache
def packet_of(classes: tuple[type[Record], ...]) -> type[Packet]:
    """The packets of messages of these classes."""
    fields = {m.__name__: OptionType(RecordType(m)) for m in classes}
    return type("Packet", (Packet,), {"__annotations__": fields, "__module__": __name__})


def fifo_of(t: Type) -> MessagesType | None:
    """The type, if it is that of messages in fifo links."""
    return t if isinstance(t, MessagesType) and isinstance(t.network, Fifo) else None


def ends_of(t: MessagesType) -> tuple[Type, Type]:
    """The sorts of who sends and who receives on a fifo network."""
    sender, receiver = t.messages[0].link  # type: ignore[attr-defined]
    fields = t.messages[0].field_types()
    return fields[sender], fields[receiver]


def queue_type(t: MessagesType) -> SeqType:
    """What a link of a fifo network holds."""
    assert isinstance(t.network, Fifo)
    return SeqType(RecordType(packet_of(t.messages)), NatType(t.network.depth))


def held_variable(v: Variable) -> Variable:
    """What a state holds for a variable: for a fifo network, a map of its links."""
    if (t := fifo_of(v.type)) is None:
        return v
    return replace(v, type=MapType(ends_of(t), queue_type(t)), initial=())
