"""The bundled Raft as a system, with journals that are held against its model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from quorate.checker.conform.adapters.registry import HEALTHY
from quorate.checker.conform.logs.line import LogMapping
from quorate.checker.conform.logs.raft_journal import RaftJournal
from quorate.checker.errors import InputError
from quorate.impl.cluster.node_config import LEASE_MARGIN_S, check_leases
from quorate.impl.errors import ConfigError
from quorate.impl.raft.system import RAFT

from .bundled import LEAST_NODES
from .raft_witness import RaftWitness
from .replicated import DRIFT_S, ReplicatedCluster


@dataclass(frozen=True)
class Leases:
    """By how much clocks may fall behind others while these wait for a leader, and by how much they
    do. Where they do by more, reads may be stale.
    """

    margin_s: float = LEASE_MARGIN_S
    drift_s: float = LEASE_MARGIN_S


class RaftCluster(ReplicatedCluster):
    """Nodes of Raft."""

    protocol = RAFT.name
    rest_s, readers = 0.8, 2  # reads are in no log

    def __init__(
        self,
        nodes: int = LEAST_NODES,
        variant: str = HEALTHY,
        leases: Leases | None = None,
    ) -> None:
        """Raises InputError for a variant, a number of nodes or leases that there are not."""
        super().__init__(nodes, variant, DRIFT_S if leases is None else leases.drift_s)
        if leases is None:
            return
        self.lease_margin_s = leases.margin_s
        try:
            check_leases(self.protocol, leases.margin_s, self.tick_s)
        except ConfigError as error:
            raise InputError(str(error)) from None
        margin, drift = 1000 * leases.margin_s, 1000 * leases.drift_s
        self.name = f"{variant}, with leases: margin {margin:g} ms, drift {drift:g} ms"

    def witness(self) -> RaftWitness:
        """One that knows what servers must keep, and has the history of the clients."""
        return RaftWitness()

    def mapping(self) -> LogMapping:
        """That of journals."""
        return RaftJournal()

    def sizes(self, lines: Iterable[Mapping[str, Any]]) -> Mapping[str, int]:
        """All nodes, and as many terms, entries and commands as there are."""
        return {**RaftJournal().sizes(lines), "Server": len(self.nodes)}
