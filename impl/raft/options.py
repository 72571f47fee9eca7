"""What may be chosen about a replica of Raft."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .reading import Reads


@dataclass(frozen=True)
class Options:
    """How a replica goes about it. Times are ticks.

    A leader sends to each follower at least every `heartbeat`. While a quorum waits its shortest
    time for a leader, the leader's clock advances by at least that less `drift`. A snapshot is
    made once `compact_after` entries have been applied since the last one; None: never.
    """

    heartbeat: int = 3
    pre_vote: bool = True
    reads: Reads = Reads.INDEX
    drift: int = 3
    compact_after: int | None = 1000


def by_leases(margin: float) -> Options:
    """Reads by leases: these end `margin` ticks, or a little more, before the others' patience.

    Who counts a whole number of ticks has waited for up to one tick less: that comes on top.
    """
    return Options(reads=Reads.LEASE, drift=math.ceil(margin) + 1)
