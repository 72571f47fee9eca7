"""A bundled protocol that replicates a store, as a system: clients use it all the while."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from random import Random

import msgspec

from quorate.checker.conform.adapters.registry import HEALTHY, named
from quorate.checker.errors import InputError
from quorate.impl.cluster.systems import SYSTEMS, VARIANTS, codec_of
from quorate.impl.cluster.tcp_client import StoreClient, Unanswered
from quorate.impl.replicated.patience import Patience
from quorate.impl.simulation.workload import KEYS, draw_command
from quorate.impl.store import Command, Get

from .bundled import LEAST_NODES, BundledCluster
from .faults import Rates
from .store_witness import StoreWitness
from .system import Clients

TICK_S = 0.08
"""Slow enough for a run to have a few terms only, though messages come late and nodes wait for
the processor: a leader is missed after 0.8 to 1.6 s."""
CLIENTS = 3
WAIT_S = Patience.shortest * TICK_S
"""A leader is missed after this at the earliest."""
DRIFT_S = 0.4
"""How far clocks fall behind others meanwhile; without leases nothing relies on them."""
LASTING_S = (1.0, 6.0)
"""Partitions last long enough for another leader, or more, while the first one is cut off."""
WORK_S = 12.0
"""How long clients and faults go on: until leaders have followed leaders a few times."""
READERS_REST_S = 0.2
"""For how long, at most, clients rest between two reads that do nothing else."""
RETRY_S = 0.4
PATIENCE_S = 1.5


class ReplicatedCluster(BundledCluster):
    """Nodes of a protocol."""

    at_once = 3
    tick_s = TICK_S
    rates = Rates(loss=0.1, delay=0.2, partition=2.0)  # a leader is elected in good time
    faults_s = WORK_S
    lasting_s = LASTING_S
    rest_s: float = 1.6
    """For how long, at most, clients rest between two commands: a log that the model can have."""
    readers: int = 0
    """How many more clients only read, and ask whoever answered last: an old leader, if it does."""

    def __init__(
        self, nodes: int = LEAST_NODES, variant: str = HEALTHY, drift_s: float = DRIFT_S
    ) -> None:
        """While one clock shows the shortest wait, another falls behind it by `drift_s` at most.

        Raises InputError for a variant, a number of nodes or a drift that there is not.
        """
        named(variant, VARIANTS[self.protocol])
        super().__init__(nodes, variant)
        if not 0 <= drift_s < WAIT_S:
            most = f"from 0 to less than {1000 * WAIT_S:g}, for which others wait for a leader"
            raise InputError(f"drift: found {1000 * drift_s:g} ms, expected {most}")
        self.slow_clock = 1 - drift_s / WAIT_S
        self._codec = codec_of(SYSTEMS[self.protocol])

    def slow_disk(self, delay_s: float) -> bytes:
        """An order to the node."""
        return msgspec.json.encode({"disk_delay_s": delay_s}) + b"\n"

    def clock_rate(self, rate: float) -> bytes:
        """An order to the node."""
        return msgspec.json.encode({"clock_rate": rate}) + b"\n"

    async def work(self, clients: Clients) -> None:
        """Each client does one thing after another, on the same few keys."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(CLIENTS + self.readers):
                random = Random(clients.random.random())
                tasks.create_task(self._use(clients, number, random))

    async def read(self, clients: Clients) -> None:
        """Read every key, again and again until that is answered."""
        async with self._client(clients, "reader") as client:
            for tries, key in enumerate(KEYS):
                while not await _do(client, clients, f"reader-{tries}", Get(key)):
                    tries += len(KEYS)

    async def _use(self, clients: Clients, number: int, random: Random) -> None:
        end_s, given_up = asyncio.get_running_loop().time() + WORK_S, 0
        draw, rest_s = draw_command, self.rest_s
        if number >= CLIENTS:
            draw, rest_s = _draw_read, READERS_REST_S
        async with self._client(clients, f"c{number}") as client:
            while asyncio.get_running_loop().time() < end_s:
                answered = await _do(client, clients, f"c{number}-{given_up}", draw(random))
                given_up += not answered
                await asyncio.sleep(random.uniform(0, rest_s))

    def _client(self, clients: Clients, name: str) -> StoreClient:
        return StoreClient(name, clients.addresses, self._codec, RETRY_S)

    @abstractmethod
    def witness(self) -> StoreWitness:
        """One that has the history of the clients."""


def _draw_read(random: Random) -> Command:
    return Get(random.choice(KEYS))


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
