"""Multi-Paxos as a host sees it."""

from __future__ import annotations

from collections.abc import Collection
from random import Random
from typing import Final, get_args

from quorate.impl.replicated.patience import Patience
from quorate.impl.replicated.replica import ReplicatedSystem

from .composition import HEALTHY, Composition
from .messages import CatchUp, InstallSnapshot, MultiPaxosMessage
from .records import MultiPaxosRecord, MultiPaxosState
from .replica import Pace, Replica


def multipaxos_of(
    composition: Composition, pace: Pace | None = None
) -> ReplicatedSystem[MultiPaxosMessage, MultiPaxosRecord, MultiPaxosState]:
    """Multi-Paxos with the classes of a composition: the healthy one, or one with a defect."""

    def recover(
        name: str, servers: Collection[str], state: MultiPaxosState, random: Random
    ) -> Replica:
        return Replica(name, servers, state, Patience(random), pace, composition)

    return ReplicatedSystem(
        "multipaxos",
        MultiPaxosState(),
        recover,
        get_args(MultiPaxosMessage),
        get_args(MultiPaxosRecord),
        # Whoever asks again knows more; whoever is asked twice sends the part that it is asked for.
        cumulative=(CatchUp, InstallSnapshot),
    )


MULTIPAXOS: Final = multipaxos_of(HEALTHY)
