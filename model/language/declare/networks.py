"""What becomes of a message that is delivered: the networks that `Messages[...]` may be.

Without a declaration the messages are a set that only grows: a message that is never received is
lost, one that is received twice is duplicated, and there is no order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Network:
    """A network from which a message is gone once it is delivered."""


@dataclass(frozen=True)
class AtMostOnce(Network):
    """A set of messages in flight, without order; each is delivered once or not at all."""

    def __str__(self) -> str:
        return "at_most_once()"


def at_most_once() -> Any:
    """`sent: Messages[M1, M2] = at_most_once()`: the messages in flight, each delivered once.

    An action that takes a message as a parameter receives it: with the step it is in flight no
    more. It is undefined to send a message that is in flight already, or another one under its key.
    """
    return AtMostOnce()
