"""The bundled Multi-Paxos as a system, with journals that are held against its model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quorate.checker.conform.logs.line import LogMapping
from quorate.checker.conform.logs.multipaxos_journal import MultiPaxosJournal
from quorate.impl.multipaxos.system import MULTIPAXOS

from .multipaxos_witness import MultiPaxosWitness
from .replicated import ReplicatedCluster


class MultiPaxosCluster(ReplicatedCluster):
    """Nodes of Multi-Paxos."""

    protocol = MULTIPAXOS.name

    def witness(self) -> MultiPaxosWitness:
        """One that knows what nodes must keep, and has the history of the clients."""
        return MultiPaxosWitness()

    def mapping(self) -> LogMapping:
        """That of journals."""
        return MultiPaxosJournal()

    def sizes(self, lines: Iterable[Mapping[str, Any]]) -> Mapping[str, int]:
        """All nodes, and as many slots, ballots and decrees as there are."""
        nodes = dict.fromkeys(("Proposer", "Acceptor"), len(self.nodes))
        return {**MultiPaxosJournal().sizes(lines), **nodes}
