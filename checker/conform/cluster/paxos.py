"""The bundled Paxos as a system: one decision a run, which clients of several nodes fight for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from quorate.checker.conform.adapters.registry import HEALTHY, variant_named
from quorate.checker.conform.logs.cluster import ClusterLog
from quorate.checker.conform.logs.line import LogMapping
from quorate.impl.cluster.node_config import PAXOS
from quorate.impl.cluster.paxos_requests import request_value
from quorate.impl.errors import WireError

from .bundled import LEAST_NODES, BundledCluster
from .paxos_witness import PaxosWitness
from .system import Clients
from .witness import RunWitness

MOST_CLIENTS = 3
START_S = 0.15
"""Clients start within this time, so that their ballots meet."""
ANSWER_S = 1.0
PAUSE_S = 0.1


class PaxosCluster(BundledCluster):
    """Nodes of Paxos."""

    protocol = PAXOS

    def __init__(self, nodes: int = LEAST_NODES, variant: str = HEALTHY) -> None:
        """Raises InputError for a variant or a number of nodes that there is not."""
        variant_named(variant)
        super().__init__(nodes, variant)
        self._values = [f"v{k}" for k in range(min(MOST_CLIENTS, nodes))]

    async def work(self, clients: Clients) -> None:
        """Each client has its value proposed by another node."""
        first = clients.random.sample(list(self.nodes), len(self._values))
        starts = [clients.random.uniform(0, START_S) for _ in self._values]
        async with asyncio.TaskGroup() as tasks:
            for node, value, start_s in zip(first, self._values, starts, strict=True):
                tasks.create_task(self._propose(clients, node, value, start_s))

    async def read(self, clients: Clients) -> None:
        """Ask every node. A request has a value; that of a client brings no new one."""
        async with asyncio.TaskGroup() as tasks:
            for node in self.nodes:
                tasks.create_task(self._ask(clients, node, self._values[0], "a reader"))

    async def _propose(self, clients: Clients, node: str, value: str, start_s: float) -> None:
        await asyncio.sleep(start_s)
        await self._ask(clients, node, value, f"the client of {value}")

    async def _ask(self, clients: Clients, node: str, value: str, who: str) -> None:
        """Ask a node until it answers."""
        while True:
            try:
                async with asyncio.timeout(ANSWER_S):
                    told = await request_value(clients.addresses[node], node, who, value)
                clients.witness.told(f"{who} by {node}", told)
                return
            except (WireError, TimeoutError):
                await asyncio.sleep(PAUSE_S)

    def witness(self) -> RunWitness:
        """One that knows what acceptors and learners must keep."""
        return PaxosWitness()

    def mapping(self) -> LogMapping:
        """That of journals."""
        return ClusterLog()

    def sizes(self, lines: Iterable[Mapping[str, Any]]) -> Mapping[str, int]:
        """All nodes and clients, and as many ballots as there are."""
        sizes = ClusterLog().sizes(lines)
        return {**sizes, "Acceptor": len(self.nodes), "Value": len(self._values)}
