"""The bundled Raft as a system, with journals that are held against its model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quorate.checker.conform.adapters.registry import HEALTHY
from quorate.checker.conform.logs.line import LogMapping
from quorate.checker.conform.logs.raft_journal import RaftJournal
from quorate.impl.cluster.node_config import LEASE_MARGIN_S
from quorate.impl.raft.system import RAFT

from .bundled import LEAST_NODES
from .raft_witness import RaftWitness
from .replicated import ReplicatedCluster


class RaftCluster(ReplicatedCluster):
    """Nodes of Raft."""

    protocol = RAFT.name

    def __init__(
        self, nodes: int = LEAST_NODES, variant: str = HEALTHY, leases: bool = False
    ) -> None:
        """Raises InputError for a variant or a number of nodes that there is not."""
        super().__init__(nodes, variant)
        if leases:
            self.lease_margin_s, self.name = LEASE_MARGIN_S, f"{variant}, with leases"

    def witness(self) -> RaftWitness:
        """One that knows what servers must keep, and has the history of the clients."""
        return RaftWitness()

    def mapping(self) -> LogMapping:
        """That of journals."""
        return RaftJournal()

    def sizes(self, lines: Iterable[Mapping[str, Any]]) -> Mapping[str, int]:
        """All nodes, and as many terms, entries and commands as there are."""
        return {**RaftJournal().sizes(lines), "Server": len(self.nodes)}
