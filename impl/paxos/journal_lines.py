"""What a node of Paxos notes in its journal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from .messages import Message
from .records import Record, key_of


def started(node: str, records: Iterable[Record]) -> dict[str, Any]:
    """A node came up with these records, of what its store held."""
    plain = {key_of(record): msgspec.to_builtins(record) for record in records}
    return {"node": node, "event": "started", **plain}


def persisted(node: str, record: Record) -> dict[str, Any]:
    """A record is durable."""
    plain = msgspec.to_builtins(record)
    return {"node": node, "event": "persisted", "role": key_of(record), "record": plain}


def sent(node: str, dst: str, message: Message) -> dict[str, Any]:
    """A message is about to leave, maybe to the node itself."""
    return {"node": node, "event": "sent", "to": dst, "message": msgspec.to_builtins(message)}


def received(node: str, src: str, message: Message) -> dict[str, Any]:
    """A message is about to be handled."""
    return {"node": node, "event": "received", "from": src, "message": msgspec.to_builtins(message)}
