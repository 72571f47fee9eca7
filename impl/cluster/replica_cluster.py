"""A cluster of replicas as real processes on loopback: start, kill, restart, cut off, ask.

Rules:
- Every child is stopped when the cluster is left, whatever happened.
- A node that ends without being killed is reported, and stays down until it is restarted.
- A partition is between nodes alone: clients reach every node that runs.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from quorate.impl.errors import ClusterError, ConfigError
from quorate.impl.network.transport import Address
from quorate.impl.replicated.replica import Status

from .children import LogLine, NodeProcess, free_addresses, stop_all
from .claim import check_size, claim
from .node_config import TICK_S, NodeConfig, check_leases
from .systems import SYSTEMS, codec_of
from .tcp_client import StoreClient

PATIENCE_S: Final = 30.0
ANSWER_S: Final = 1.0

#: What a node logs, with its name, for whoever wants to know.
Reporter = Callable[[str, LogLine], None]


class StoreCluster:
    """Some nodes of one protocol. Use it as an async context manager."""

    def __init__(
        self,
        protocol: str,
        nodes: int,
        data_dir: Path,
        *,
        journal: bool = False,
        tick_s: float = TICK_S,
        batch: int | None = None,
        lease_margin_s: float | None = None,
        report: Reporter = lambda node, line: None,
    ) -> None:
        """Raises ConfigError for a protocol, a number of nodes or leases that there are not."""
        check_size(nodes)
        if protocol not in SYSTEMS:
            raise ConfigError(
                f"Found the protocol {protocol!r}, expected one of {', '.join(SYSTEMS)}."
            )
        check_leases(protocol, lease_margin_s, tick_s)
        self.protocol = protocol
        self.names = tuple(f"n{index}" for index in range(nodes))
        claim(data_dir, protocol, self.names)
        self.addresses: Mapping[str, Address] = dict(
            zip(self.names, free_addresses(nodes), strict=True)
        )
        self._report, self._codec = report, codec_of(SYSTEMS[protocol])
        self._news = asyncio.Event()
        self._cut: dict[str, frozenset[str]] = {}
        self._nodes = {
            name: NodeProcess(
                NodeConfig(
                    name,
                    dict(self.addresses),
                    str(data_dir / name),
                    journal=journal,
                    protocol=protocol,
                    tick_s=tick_s,
                    batch=batch,
                    lease_margin_s=lease_margin_s,
                ),
                self._on_line,
            )
            for name in self.names
        }

    async def __aenter__(self) -> StoreCluster:
        try:
            for node in self._nodes.values():
                await node.start()
            await self._until_up(self._nodes.values())
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop_all(tuple(self._nodes.values()))

    @property
    def running(self) -> tuple[str, ...]:
        """The nodes whose processes run."""
        return tuple(name for name, node in self._nodes.items() if node.alive)

    def client(self) -> StoreClient:
        """A new client, under a name that nobody has had."""
        return StoreClient(f"client-{secrets.token_hex(6)}", self.addresses, self._codec)

    def pid(self, name: str) -> int | None:
        """The number of a node's process, while it runs."""
        return self._nodes[name].pid

    async def kill(self, name: str) -> None:
        """Kill a node with SIGKILL, if it runs."""
        await self._nodes[name].kill()

    async def restart(self, name: str) -> None:
        """Start a node again, unless it runs; it is cut off from whom it was."""
        node = self._nodes[name]
        if not node.alive:
            await node.start()
            await self._until_up([node])
            node.tell({"cut_off": sorted(self._cut.get(name, ()))})

    def partition(self, groups: Sequence[Iterable[str]]) -> None:
        """Let nodes reach those of their own group alone. Who is in none is with the rest."""
        named = [frozenset(group) for group in groups]
        rest = frozenset(self.names).difference(*named)
        self._cut = {
            name: frozenset(self.names) - group for group in (*named, rest) for name in group
        }
        for name, others in self._cut.items():
            self._nodes[name].tell({"cut_off": sorted(others)})

    def heal(self) -> None:
        """Let all nodes reach each other."""
        self.partition([])

    async def transfer(self, leader: str, target: str) -> None:
        """Have the leader hand over. Raises ClusterError if it refuses."""
        await self._order(leader, {"transfer": target})

    async def reconfigure(self, leader: str, members: Sequence[str]) -> None:
        """Have the leader change the members. Raises ClusterError if it refuses."""
        await self._order(leader, {"members": members})

    async def _order(self, name: str, order: Mapping[str, object]) -> None:
        node = self._nodes[name]
        node.refusal = None
        node.tell(order)
        await self.status()  # its answer comes after what it refuses
        if node.refusal is not None:
            raise ClusterError(node.refusal)

    async def status(self) -> dict[str, Status | None]:
        """How each node is; None of one that does not run, or does not answer in time."""
        asked = {name: node for name, node in self._nodes.items() if node.alive}
        for node in asked.values():
            node.status = None
            node.tell({"status": True})
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._until(lambda: all(n.status or not n.alive for n in asked.values()))
        except TimeoutError:
            pass  # Somebody is too busy, or frozen: the rest is known.
        return {name: node.status if node.alive else None for name, node in self._nodes.items()}

    async def sent(self) -> dict[str, dict[str, int]]:
        """How many messages each running node has sent to others, by tag."""
        await self.status()
        return {name: dict(self._nodes[name].sent) for name in self.running}

    async def leader(self, patience_s: float = PATIENCE_S) -> str:
        """The node that leads the latest term. Raises ClusterError if none does in time."""
        end_s = time.monotonic() + patience_s
        while True:
            found = leader_of(await self.status())
            if found is not None:
                return found
            if time.monotonic() > end_s:
                raise ClusterError(f"After {patience_s:g} s no node leads.")
            await asyncio.sleep(TICK_S)

    async def _until_up(self, nodes: Iterable[NodeProcess]) -> None:
        waiting = tuple(nodes)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._until(lambda: all(n.listening or not n.alive for n in waiting))
        except TimeoutError:
            raise ClusterError(f"After {PATIENCE_S:g} s some nodes do not listen.") from None
        for node in waiting:
            if not node.alive:
                raise ClusterError(f"{node.name} ended: {node.error or 'it did not say why'}")

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            self._news.clear()
            await self._news.wait()

    def _on_line(self, node: NodeProcess, line: LogLine) -> None:
        self._news.set()
        self._report(node.name, line)


def leader_of(statuses: Mapping[str, Status | None]) -> str | None:
    """The leader of the latest term, if it knows that it leads."""
    known = {name: status for name, status in statuses.items() if status is not None}
    leaders = [name for name, status in known.items() if status.leader == name]
    return max(leaders, key=lambda name: known[name].term, default=None)
