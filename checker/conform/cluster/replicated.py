"""A bundled protocol that replicates a store, as a system: clients use it all the while."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from random import Random

import msgspec

from quorate.checker.conform.adapters.registry import HEALTHY, named
from quorate.impl.cluster.systems import SYSTEMS, VARIANTS, codec_of
from quorate.impl.cluster.tcp_client import StoreClient, Unanswered
from quorate.impl.simulation.workload import KEYS, draw_command
from quorate.impl.store import Command, Get

from .bundled import LEAST_NODES, BundledCluster
from .store_witness import StoreWitness
from .system import Clients

TICK_S = 0.08
"""Slow enough for a run to have a few terms only, though messages come late and nodes wait for
the processor: a leader is missed after 0.8 to 1.6 s."""
CLIENTS = 3
LASTING_S = (0.5, 3.0)
"""Partitions last long enough for another leader while the first one is cut off."""
WORK_S = 4.0
"""How long clients go on."""
PAUSE_S = 0.3
"""They rest between two commands for a random time up to this."""
RETRY_S = 0.4
PATIENCE_S = 1.5


class ReplicatedCluster(BundledCluster):
    """Nodes of a protocol."""

    at_once = 3
    tick_s = TICK_S
    lasting_s = LASTING_S

    def __init__(self, nodes: int = LEAST_NODES, variant: str = HEALTHY) -> None:
        """Raises InputError for a variant or a number of nodes that there is not."""
        named(variant, VARIANTS[self.protocol])
        super().__init__(nodes, variant)
        self._codec = codec_of(SYSTEMS[self.protocol])

    def slow_disk(self, delay_s: float) -> bytes:
        """An order to the node."""
        return msgspec.json.encode({"disk_delay_s": delay_s}) + b"\n"

    async def work(self, clients: Clients) -> None:
        """Each client does one thing after another, on the same few keys."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(CLIENTS):
                random = Random(clients.random.random())
                tasks.create_task(self._use(clients, f"c{number}", random))

    async def read(self, clients: Clients) -> None:
        """Read every key, again and again until that is answered."""
        async with self._client(clients, "reader") as client:
            for tries, key in enumerate(KEYS):
                while not await _do(client, clients, f"reader-{tries}", Get(key)):
                    tries += len(KEYS)

    async def _use(self, clients: Clients, name: str, random: Random) -> None:
        end_s, given_up = asyncio.get_running_loop().time() + WORK_S, 0
        async with self._client(clients, name) as client:
            while asyncio.get_running_loop().time() < end_s:
                answered = await _do(client, clients, f"{name}-{given_up}", draw_command(random))
                given_up += not answered
                await asyncio.sleep(random.uniform(0, PAUSE_S))

    def _client(self, clients: Clients, name: str) -> StoreClient:
        return StoreClient(name, clients.addresses, self._codec, RETRY_S)

    @abstractmethod
    def witness(self) -> StoreWitness:
        """One that has the history of the clients."""


async def _do(client: StoreClient, clients: Clients, process: str, command: Command) -> bool:
    """One command of a process; whether it was answered."""
    witness = clients.witness
    assert isinstance(witness, StoreWitness), "that of this system"
    witness.invoked(process, command)
    try:
        result = await client.call(command, PATIENCE_S)
    except Unanswered:
        witness.unknown(process, command)
        return False
    witness.returned(process, command, result)
    return True
