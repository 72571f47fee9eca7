"""What a decision costs on running clusters: round trips, messages, time; nothing is asserted.

All nodes, their clients and this process share the machine, and every decision is on the disks of
a majority before anybody hears of it. So the disk's own limit is measured in the same run: how
often a second it syncs a written page, and how often SQLite commits one record.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from contextlib import closing
from pathlib import Path

import pytest

from quorate.impl.cluster.paxos_cluster import run_cluster
from quorate.impl.cluster.replica_cluster import StoreCluster
from quorate.impl.cluster.systems import SYSTEMS
from quorate.impl.cluster.tcp_client import StoreClient
from quorate.impl.durable.record_log import RecordLog
from quorate.impl.raft import TermRecord
from quorate.impl.raft.system import RAFT
from quorate.impl.store import Put

from .report import section

pytestmark = pytest.mark.benchmark

SECONDS = 2.0
CLIENTS = (1, 8, 64)
NOT_BATCHED = 1
FAILOVERS = 5
PATIENCE_S = 60.0


def syncs(folder: Path) -> float:
    """How often a second a page is written and synced."""
    number = os.open(folder / "page", os.O_WRONLY | os.O_CREAT)
    try:
        return per_second(lambda: (os.pwrite(number, bytes(4096), 0), os.fdatasync(number)))
    finally:
        os.close(number)


def commits(folder: Path) -> float:
    """How often a second one record is committed."""
    with closing(RecordLog(folder / "records.sqlite", RAFT.records)) as log:
        return per_second(lambda: log.append([TermRecord(1)]))


def per_second(act) -> float:
    count, begin_s = 0, time.perf_counter()
    while time.perf_counter() < begin_s + SECONDS / 2:
        act()
        count += 1
    return count / (time.perf_counter() - begin_s)


async def use(client: StoreClient, end_s: float, took: list[float]) -> None:
    """Put, again and again."""
    async with client:
        while (begin_s := time.perf_counter()) < end_s:
            await client.call(Put("key", "value"), PATIENCE_S)
            took.append(time.perf_counter() - begin_s)


async def loaded(cluster: StoreCluster, clients: int) -> list[float]:
    """How long each command took, of so many clients at once."""
    took: list[float] = []
    end_s = time.perf_counter() + SECONDS
    await asyncio.gather(*(use(cluster.client(), end_s, took) for _ in range(clients)))
    return took


async def sent(cluster: StoreCluster) -> int:
    return sum(sum(each.values()) for each in (await cluster.sent()).values())


async def failovers(cluster: StoreCluster) -> list[float]:
    """From `kill -9` of the leader to the next answer, in seconds."""
    took = []
    async with cluster.client() as client:
        for _ in range(FAILOVERS):
            await client.call(Put("key", "before"), PATIENCE_S)
            leader = await cluster.leader()
            await cluster.kill(leader)
            begin_s = time.perf_counter()
            await client.call(Put("key", "after"), PATIENCE_S)
            took.append(time.perf_counter() - begin_s)
            await cluster.restart(leader)
            await asyncio.sleep(1.0)
    return took


async def line(cluster: StoreCluster, clients: int, batch: str) -> str:
    """What so many clients at once get."""
    async with cluster.client() as client:
        await client.call(Put("key", "value"), PATIENCE_S)
    before = await sent(cluster)
    took = await loaded(cluster, clients)
    messages = (await sent(cluster) - before) / len(took)
    slow = statistics.quantiles(took, n=100)[98]
    return (
        f"{cluster.protocol:<11}{clients:>8}{batch:>8}{len(took) / SECONDS:>12,.0f}"
        f"{statistics.median(took) * 1e3:>11.1f}{slow * 1e3:>9.1f}{messages:>13.2f}"
    )


async def measured(protocol: str, folder: Path) -> list[str]:
    """With batches, and without any for the most clients; then how long a leader is missed."""
    async with StoreCluster(protocol, 3, folder / "single", batch=NOT_BATCHED) as cluster:
        single = await line(cluster, max(CLIENTS), str(NOT_BATCHED))
    async with StoreCluster(protocol, 3, folder / "batched") as cluster:
        lines = [*[await line(cluster, clients, "any") for clients in CLIENTS], single]
        took = await failovers(cluster)
        median, longest = statistics.median(took), max(took)
        lines.append(f"{protocol:<11}a leader is missed for {median:.2f} s, at most {longest:.2f}")
    return lines


def decided(folder: Path) -> str:
    """Paxos: from the proposal of one value to its decision at the node that proposes it."""
    times: dict[str, float] = {}

    def note(event) -> None:
        if event.node == "n0":
            times.setdefault(event.kind, event.at_s)

    run_cluster(3, "blue", folder, report=note)
    took = times["committed"] - times["proposed"]
    return f"paxos      one decision, both phases: {took * 1e3:.1f} ms"


def test_decisions(tmp_path: Path) -> None:
    lines = [
        f"syncs of a page a second {syncs(tmp_path):,.0f}, "
        f"commits of a record a second {commits(tmp_path):,.0f}",
        "",
        "3 nodes    clients   batch   decisions     median     99 %     messages",
        "                             a second          ms       ms   a decision",
    ]
    for protocol in sorted(SYSTEMS):
        lines += asyncio.run(measured(protocol, tmp_path / protocol))
    lines.append(decided(tmp_path / "paxos"))
    section("Decisions of running clusters", lines)
