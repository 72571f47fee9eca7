"""A message under way, and what it is about: the words that all protocols share."""

from __future__ import annotations

from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct

Value: TypeAlias = str
MessageT = TypeVar("MessageT")


class Envelope(Struct, Generic[MessageT], frozen=True, rename={"dst": "dest"}):
    """A message under way from one address to another."""

    src: str
    dst: str
    body: MessageT
