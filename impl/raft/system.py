"""Raft as a host sees it."""

from __future__ import annotations

from collections.abc import Collection
from random import Random
from typing import Final, get_args

from quorate.impl.patience import Patience
from quorate.impl.replica import ReplicatedSystem

from .messages import RaftMessage
from .records import RaftRecord, RaftState
from .replica import Replica


def _recover(name: str, servers: Collection[str], state: RaftState, random: Random) -> Replica:
    return Replica.recover(name, servers, state, Patience(random))


RAFT: Final = ReplicatedSystem[RaftMessage, RaftRecord, RaftState](
    "raft", RaftState(), _recover, get_args(RaftMessage), get_args(RaftRecord)
)
