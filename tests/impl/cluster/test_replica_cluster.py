"""Real processes: `kill -9` at any point, a full disk, and nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import resource
import signal

import pytest

from quorate.impl.cluster.replica_cluster import StoreCluster
from quorate.impl.cluster.systems import SYSTEMS
from quorate.impl.durable.failpoints import POINTS, VARIABLE
from quorate.impl.errors import ConfigError
from quorate.impl.store import CompareAndSet, Get, Put

PATIENCE_S = 120.0

each_protocol = pytest.mark.parametrize("protocol", sorted(SYSTEMS))


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Counting:
    """A client that counts up by compare-and-set: a step that is lost, or doubled, is seen."""

    def __init__(self, client):
        self.client, self.count = client, 0

    async def begin(self):
        await self.client.call(Put("count", "0"), PATIENCE_S)

    async def step(self):
        step = CompareAndSet("count", str(self.count), str(self.count + 1))
        assert await self.client.call(step, PATIENCE_S) is True
        self.count += 1

    async def check(self):
        assert await self.client.call(Get("count"), PATIENCE_S) == str(self.count)


def cluster_of(protocol, folder, seen):
    return StoreCluster(protocol, 3, folder, report=lambda n, line: seen.append((n, line)))


async def until_all_agree(cluster, without=()):
    """All nodes but these run, and have committed as much."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            statuses = (await cluster.status()).items()
            commits = {s and s.commit for name, s in statuses if name not in without}
            if len(commits) == 1 and None not in commits:
                return
            await asyncio.sleep(0.05)


@pytest.mark.exhaustive
@each_protocol
@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_when_a_node_dies_at_a_point(protocol, point, tmp_path, monkeypatch):
    async def play():
        seen = []
        async with cluster_of(protocol, tmp_path, seen) as cluster, cluster.client() as client:
            counting = Counting(client)
            await counting.begin()
            for passage in (1, 2, 7):
                victim = await cluster.leader(PATIENCE_S)
                await cluster.kill(victim)
                monkeypatch.setenv(VARIABLE, f"{point}:{passage}")
                await cluster.restart(victim)
                monkeypatch.delenv(VARIABLE)
                while victim in cluster.running:
                    await counting.step()
                await counting.check()
                await cluster.restart(victim)
            await until_all_agree(cluster)
            await counting.check()

    asyncio.run(play())


@pytest.mark.exhaustive
@each_protocol
def test_a_node_whose_disk_is_full_stops_and_says_so(protocol, tmp_path):
    async def play():
        seen = []
        async with cluster_of(protocol, tmp_path, seen) as cluster, cluster.client() as client:
            counting = Counting(client)
            await counting.begin()
            victim = await cluster.leader(PATIENCE_S)
            size = max(path.stat().st_size for path in (tmp_path / victim).iterdir())
            resource.prlimit(cluster.pid(victim), resource.RLIMIT_FSIZE, (size + 9000, -1))
            while victim in cluster.running:
                await counting.step()
            await counting.check()
            (error,) = [line.message for n, line in seen if n == victim and line.event == "error"]
            assert f"{victim}/node.sqlite cannot be written: disk I/O error" in error
            await cluster.restart(victim)
            await until_all_agree(cluster)
            await counting.check()

    asyncio.run(play())


@pytest.mark.exhaustive
@each_protocol
def test_all_may_be_killed_at_once(protocol, tmp_path):
    async def play():
        pids = []
        async with cluster_of(protocol, tmp_path, []) as cluster, cluster.client() as client:
            counting = Counting(client)
            await counting.begin()
            for _ in range(3):
                await counting.step()
                pids += [cluster.pid(name) for name in cluster.names]
                for name in cluster.names:
                    os.kill(cluster.pid(name), signal.SIGKILL)
                for name in cluster.names:
                    await cluster.kill(name)
                    await cluster.restart(name)
            await counting.check()
            pids += [cluster.pid(name) for name in cluster.names]
        assert not any(map(is_running, pids))

    asyncio.run(play())


@pytest.mark.exhaustive
@each_protocol
def test_who_is_killed_while_it_sends_a_snapshot_is_not_missed(protocol, tmp_path):
    """The snapshot has 20 MB. Whoever leads next sends the rest, or its own."""

    async def use(client):
        async with client:
            for key in range(160):
                await client.call(Put(f"{id(client)} {key}", "x" * 11_000), PATIENCE_S)

    async def parts_of(cluster, name):
        return (await cluster.sent())[name].get("install-snapshot", 0)

    async def play():
        nodes = StoreCluster(protocol, 3, tmp_path, tick_s=0.1)  # a busy machine may be late
        async with nodes as cluster, cluster.client() as client:
            leader = await cluster.leader(PATIENCE_S)
            behind = next(name for name in cluster.names if name != leader)
            await cluster.kill(behind)
            await asyncio.gather(*(use(cluster.client()) for _ in range(15)))
            leader = await cluster.leader(PATIENCE_S)
            while (await cluster.status())[leader].applied < 2000:  # no log is whole
                await client.call(Put("k", "1"), PATIENCE_S)
            await cluster.restart(behind)
            while await parts_of(cluster, leader) < 3:
                await asyncio.sleep(0)
            await cluster.kill(leader)
            before = (await cluster.status())[behind].applied
            await until_all_agree(cluster, [leader])
            assert before < 1000  # it had not all of it
            assert await client.call(Put("k", "2"), PATIENCE_S) is None
            await cluster.restart(leader)
            await until_all_agree(cluster)

    asyncio.run(play())


def test_data_of_another_protocol_is_refused(tmp_path):
    (tmp_path / "cluster.json").write_text('{"protocol":"paxos","members":["n0","n1","n2"]}')
    with pytest.raises(ConfigError, match=r"a cluster of 3 nodes of paxos, not a cluster of 3"):
        StoreCluster("raft", 3, tmp_path)


@pytest.mark.parametrize(
    ("protocol", "nodes", "why"),
    [("raft", 0, "1 to 25 nodes, not 0"), ("zab", 3, "'zab', expected one of raft")],
)
def test_a_cluster_that_cannot_be_is_refused(protocol, nodes, why, tmp_path):
    with pytest.raises(ConfigError, match=why):
        StoreCluster(protocol, nodes, tmp_path)
