"""What becomes of a message that is delivered: the networks that `Messages[...]` may be.

Without a declaration the messages are a set that only grows: a message that is never received is
lost, one that is received twice is duplicated, and there is no order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .sorts import Nat


@dataclass(frozen=True)
class Network:
    """A network from which a message is gone once it is delivered."""


@dataclass(frozen=True)
class AtMostOnce(Network):
    """A set of messages in flight, without order; each is delivered once or not at all."""

    def __str__(self) -> str:
        return "at_most_once()"


@dataclass(frozen=True)
class Fifo(Network):
    """A queue for each link, from one process to another, of at most the numbers of `depth`."""

    depth: type[Nat]

    def __str__(self) -> str:
        return f"fifo({self.depth.__name__})"


def at_most_once() -> Any:
    """`sent: Messages[M1, M2] = at_most_once()`: the messages in flight, each delivered once.

    An action that takes a message as a parameter receives it: with the step it is in flight no
    more. It is undefined to send a message that is in flight already, or another one under its key.
    """
    return AtMostOnce()


def fifo(depth: type[Nat]) -> Any:
    """`sent: Messages[M1, M2] = fifo(Depth)`: each link delivers in the order of sending, as TCP.

    The classes say with `link=` who sends to whom. An action that takes a message receives it, as
    the first on its link. `self.sent[a, b]` are those in flight from a to b, a sequence;
    `self.sent.drop(a, b)` loses them all, as a connection that breaks; with `keep=n` the first n
    have arrived, and are read later. `class Depth(Nat)` bounds
    the length of a link. It is undefined to send on one that is full. Raises TypeError.
    """
    if not (isinstance(depth, type) and issubclass(depth, Nat) and depth is not Nat):
        raise TypeError(f"fifo({depth!r}): expected a range, `class Depth(Nat): ...`")
    return Fifo(depth)
