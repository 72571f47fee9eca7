"""The protocols that replicate the store, by name, and what is said in each of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, get_args

from quorate.impl.codec import Codec, check_value
from quorate.impl.errors import WireError
from quorate.impl.messages import Envelope
from quorate.impl.multipaxos.system import MULTIPAXOS
from quorate.impl.raft.system import RAFT
from quorate.impl.replica import ReplicatedSystem
from quorate.impl.store import ClientMessage, Command, Submission

SYSTEMS: Final[Mapping[str, ReplicatedSystem[Any, Any, Any]]] = MappingProxyType(
    {system.name: system for system in (RAFT, MULTIPAXOS)}
)


def codec_of(system: ReplicatedSystem[Any, Any, Any]) -> Codec[Any]:
    """What servers say to each other, what clients ask, and what they are told."""
    return Codec[Any]((*system.messages, Submission, *get_args(ClientMessage)))


def check_command(command: Command) -> None:
    """Refuse a command with text that could not be carried. Raises WireError."""
    for field in command.__struct_fields__:
        text = getattr(command, field)
        if text is not None:
            check_value(text)


def admit_submission(envelope: Envelope[Any]) -> None:
    """A client may submit commands under its own name, of what can be carried."""
    body = envelope.body
    if not isinstance(body, Submission) or body.client != envelope.src:
        raise WireError(f"{envelope.src!r} is no member and may only submit commands of its own.")
    check_value(body.client)
    check_command(body.command)
