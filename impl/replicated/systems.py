"""The protocols that replicate the store, by name, and what is said in each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final, get_args

from quorate.impl.codec import Codec, check_value
from quorate.impl.errors import ConfigError, WireError
from quorate.impl.messages import Envelope
from quorate.impl.multipaxos.system import MULTIPAXOS
from quorate.impl.raft.defects import VARIANTS as RAFTS
from quorate.impl.raft.system import RAFT, raft_of
from quorate.impl.raft.tracing import Trace, traced
from quorate.impl.raft.variant import HEALTHY
from quorate.impl.replica import ReplicatedSystem
from quorate.impl.store import ClientMessage, Command, Submission

SYSTEMS: Final[Mapping[str, ReplicatedSystem[Any, Any, Any]]] = MappingProxyType(
    {system.name: system for system in (RAFT, MULTIPAXOS)}
)

#: Those whose replicas can tell their steps to a journal.
TRACED: Final = ("raft",)

#: The names of the variants that nodes of each protocol can run: the healthy one, and defects.
VARIANTS: Final[Mapping[str, Collection[str]]] = MappingProxyType(
    {name: RAFTS if name == RAFT.name else (HEALTHY.name,) for name in SYSTEMS}
)


def check_traced(name: str) -> None:
    """Raise ConfigError for a protocol whose replicas cannot tell their steps."""
    if name not in TRACED:
        raise ConfigError(f"Nodes of {name} keep no journal; those of {', '.join(TRACED)} do.")


def variant_of(name: str, variant: str, trace: Trace | None) -> ReplicatedSystem[Any, Any, Any]:
    """A variant of a protocol, whose replicas tell their steps to `trace` if there is one.

    Raises ConfigError if they cannot.
    """
    if trace is not None:
        check_traced(name)
    if name != RAFT.name:
        return SYSTEMS[name]
    server = RAFTS[variant].server
    return raft_of(server) if trace is None else traced(server, trace)


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
