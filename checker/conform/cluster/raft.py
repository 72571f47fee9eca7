"""The bundled Raft as a system, with journals that are held against its model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from quorate.checker.conform.adapters.registry import HEALTHY, raft_named
from quorate.checker.conform.logs.line import LogMapping
from quorate.checker.conform.logs.raft_journal import RaftJournal
from quorate.impl.node_config import JOURNAL_FILE
from quorate.impl.raft.system import RAFT

from .bundled import LEAST_NODES
from .raft_witness import RaftWitness
from .replicated import ReplicatedCluster


class RaftCluster(ReplicatedCluster):
    """Nodes of Raft."""

    protocol = RAFT.name

    def __init__(self, nodes: int = LEAST_NODES, variant: str = HEALTHY) -> None:
        """Raises InputError for a variant or a number of nodes that there is not."""
        raft_named(variant)
        super().__init__(nodes, variant)

    def witness(self) -> RaftWitness:
        """One that knows what servers must keep, and has the history of the clients."""
        return RaftWitness()

    def logs(self, folders: Mapping[str, Path]) -> Sequence[Path]:
        """The nodes' journals."""
        return [folder / JOURNAL_FILE for folder in folders.values()]

    def mapping(self) -> LogMapping:
        """That of journals."""
        return RaftJournal()

    def sizes(self, lines: Iterable[Mapping[str, Any]]) -> Mapping[str, int]:
        """All nodes, and as many terms, entries and commands as there are."""
        return {**RaftJournal().sizes(lines), "Server": len(self.nodes)}
