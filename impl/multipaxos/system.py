"""Multi-Paxos as a host sees it."""

from __future__ import annotations

from collections.abc import Collection
from random import Random
from typing import Final, get_args

from quorate.impl.patience import Patience
from quorate.impl.replica import ReplicatedSystem

from .messages import MultiPaxosMessage
from .records import MultiPaxosRecord, MultiPaxosState
from .replica import Replica


def _recover(
    name: str, servers: Collection[str], state: MultiPaxosState, random: Random
) -> Replica:
    return Replica(name, servers, state, Patience(random))


MULTIPAXOS: Final = ReplicatedSystem[MultiPaxosMessage, MultiPaxosRecord, MultiPaxosState](
    "multipaxos",
    MultiPaxosState(),
    _recover,
    get_args(MultiPaxosMessage),
    get_args(MultiPaxosRecord),
)
