"""Raft as a host sees it."""

from __future__ import annotations

from collections.abc import Collection
from random import Random
from typing import Final, get_args

from quorate.impl.replicated.patience import Patience
from quorate.impl.replicated.replica import ReplicatedSystem

from .messages import AppendEntries, RaftMessage
from .options import Options
from .records import RaftRecord, RaftState
from .replica import Replica
from .variant import HEALTHY, RaftVariant


def raft_of(
    variant: RaftVariant, options: Options | None = None
) -> ReplicatedSystem[RaftMessage, RaftRecord, RaftState]:
    """Raft with the classes of a variant: the healthy one, or one with a defect."""

    def recover(name: str, servers: Collection[str], state: RaftState, random: Random) -> Replica:
        server = variant.server(name, servers, state)
        return variant.replica(server, Patience(random), options, variant.clock)

    return ReplicatedSystem(
        "raft",
        RaftState(),
        recover,
        get_args(RaftMessage),
        get_args(RaftRecord),
        # It begins where the follower is known to agree, and goes to the end of the log.
        cumulative=(AppendEntries,),
    )


RAFT: Final = raft_of(HEALTHY)
