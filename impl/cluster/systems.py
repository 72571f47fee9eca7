"""The protocols that replicate the store, by name, and what is said in each of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, get_args

from quorate.impl.envelope import Envelope
from quorate.impl.errors import WireError
from quorate.impl.multipaxos.defects import COMPOSITIONS
from quorate.impl.multipaxos.replica import Pace
from quorate.impl.multipaxos.system import MULTIPAXOS, multipaxos_of
from quorate.impl.multipaxos.tracing import traced as traced_multipaxos
from quorate.impl.network.codec import Codec, check_value
from quorate.impl.network.parts import Piece
from quorate.impl.raft.defects import VARIANTS as RAFTS
from quorate.impl.raft.options import Options
from quorate.impl.raft.replica_defects import REPLICA_DEFECTS
from quorate.impl.raft.system import RAFT, raft_of
from quorate.impl.raft.tracing import Trace
from quorate.impl.raft.tracing import traced as traced_raft
from quorate.impl.replicated.replica import ReplicatedSystem
from quorate.impl.store import ClientMessage, Command, Submission

SYSTEMS: Final[Mapping[str, ReplicatedSystem[Any, Any, Any]]] = MappingProxyType(
    {system.name: system for system in (RAFT, MULTIPAXOS)}
)

#: The variants that nodes of each protocol can run, by name: the healthy one, and its defects.
VARIANTS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        RAFT.name: MappingProxyType({**RAFTS, **REPLICA_DEFECTS}),
        MULTIPAXOS.name: COMPOSITIONS,
    }
)


def variant_of(
    name: str,
    variant: str,
    trace: Trace | None,
    batch: int | None = None,
    options: Options | None = None,
) -> ReplicatedSystem[Any, Any, Any]:
    """A variant of a protocol, whose replicas tell their steps to `trace` if there is one.

    A decree of Multi-Paxos has `batch` commands at most; `options` are Raft's.
    """
    classes = VARIANTS[name][variant]
    if name == RAFT.name:
        return raft_of(classes, options) if trace is None else traced_raft(classes, trace, options)
    pace = None if batch is None else Pace(most_batched=batch)
    if trace is None:
        return multipaxos_of(classes, pace)
    return traced_multipaxos(classes, trace, pace)


def codec_of(system: ReplicatedSystem[Any, Any, Any]) -> Codec[Any]:
    """What servers say to each other, in parts if need be, what clients ask and are told."""
    return Codec[Any]((*system.messages, Piece, Submission, *get_args(ClientMessage)))


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
