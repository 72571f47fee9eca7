"""The bundled Multi-Paxos as a system. Its nodes keep no journal: what clients saw is judged alone.

As no log is held against the model, a campaign in which nothing is found is inconclusive.
"""

from __future__ import annotations

from quorate.checker.conform.adapters.registry import HEALTHY
from quorate.checker.errors import InputError
from quorate.impl.multipaxos.system import MULTIPAXOS

from .bundled import LEAST_NODES
from .replicated import ReplicatedCluster


class MultiPaxosCluster(ReplicatedCluster):
    """Nodes of Multi-Paxos."""

    protocol = MULTIPAXOS.name

    def __init__(self, nodes: int = LEAST_NODES, variant: str = HEALTHY) -> None:
        """Raises InputError for a number of nodes that there is not, or a variant."""
        if variant != HEALTHY:
            raise InputError(
                f"variant: found {variant}, expected {HEALTHY}: processes run no other"
            )
        super().__init__(nodes, variant)
