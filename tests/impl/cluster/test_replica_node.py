"""Replicas on one event loop, over real sockets and real disks."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing

import pytest

from quorate.impl.cluster.children import free_addresses
from quorate.impl.cluster.node_config import NodeConfig
from quorate.impl.cluster.replica_cluster import leader_of
from quorate.impl.cluster.replica_node import ReplicaNode
from quorate.impl.cluster.systems import SYSTEMS, codec_of
from quorate.impl.cluster.tcp_client import StoreClient, Unanswered
from quorate.impl.durable import slow_disk
from quorate.impl.durable.failpoints import unhindered
from quorate.impl.durable.record_log import RecordLog
from quorate.impl.durable.slow_disk import SlowDisk
from quorate.impl.envelope import Envelope
from quorate.impl.network.codec import MAX_FRAME_BYTES, frame
from quorate.impl.network.parts import Splitter
from quorate.impl.raft import log as raft_log
from quorate.impl.replicated.host import ReplicaHost
from quorate.impl.replicated.parts import Arriving
from quorate.impl.store import CompareAndSet, Delete, Get, Put, Submission

PATIENCE_S = 60.0


class Cluster:
    """Three nodes; what each logs is kept."""

    def __init__(self, protocol, folder, batch=None, tick_s=0.02):
        self.system, self.batch, self.tick_s = SYSTEMS[protocol], batch, tick_s
        self.addresses = dict(zip(("n0", "n1", "n2"), free_addresses(3), strict=True))
        self.folder = folder
        self.nodes, self.logs, self.tasks = {}, {}, {}

    async def __aenter__(self):
        for name in self.addresses:
            self.start(name)
        return self

    async def __aexit__(self, *_):
        for name in self.addresses:
            await self.stop(name)

    def start(self, name):
        path = self.folder / f"{name}.sqlite"
        config = NodeConfig(
            name,
            self.addresses,
            str(self.folder),
            protocol=self.system.name,
            tick_s=self.tick_s,
            batch=self.batch,
        )
        disk = SlowDisk(unhindered)
        log = RecordLog(path, self.system.records, disk)
        lines = self.logs.setdefault(name, [])
        node = ReplicaNode(config, log, lambda event, **f: lines.append((event, f)), disk)

        async def run():
            with closing(log):
                await node.run()

        self.nodes[name], self.tasks[name] = node, asyncio.create_task(run())

    async def stop(self, name):
        self.nodes[name].stop()
        await self.tasks[name]

    def client(self, name):
        return StoreClient(name, self.addresses, codec_of(self.system), retry_s=0.3)

    def ask(self, name):
        """What a node says of itself now."""
        self.nodes[name].told(b'{"status": true}')
        return next(f for event, f in reversed(self.logs[name]) if event == "status")

    def leader(self):
        """Who said last that it leads, in the latest term."""
        last = {
            name: next(f["status"] for event, f in reversed(lines) if event == "status")
            for name, lines in self.logs.items()
        }
        return leader_of(last)


@pytest.mark.parametrize("protocol", sorted(SYSTEMS))
def test_a_cluster_answers_survives_its_leader_and_remembers(protocol, tmp_path):
    async def play():
        async with Cluster(protocol, tmp_path) as cluster, cluster.client("c") as client:
            assert await client.call(Put("k", "1"), PATIENCE_S) is None
            assert await client.call(CompareAndSet("k", "1", "2"), PATIENCE_S) is True
            assert await client.call(CompareAndSet("k", "1", "3"), PATIENCE_S) is False
            first = cluster.leader()
            await cluster.stop(first)
            assert await client.call(Get("k"), PATIENCE_S) == "2"
            while cluster.leader() == first:  # it answers before it says that it leads
                await asyncio.sleep(0.01)
            cluster.start(first)
            assert await client.call(Delete("k"), PATIENCE_S) is None
        async with Cluster(protocol, tmp_path) as again, again.client("d") as client:
            assert await client.call(Get("k"), PATIENCE_S) is None

    asyncio.run(play())


def test_a_leader_that_is_cut_off_answers_nobody_and_another_leads(tmp_path):
    async def play():
        async with Cluster("raft", tmp_path) as cluster, cluster.client("c") as client:
            await client.call(Put("k", "1"), PATIENCE_S)
            first = cluster.leader()
            others = [name for name in cluster.addresses if name != first]
            cluster.nodes[first].told(json.dumps({"cut_off": others}).encode())
            alone = {first: cluster.addresses[first]}
            async with StoreClient("d", alone, codec_of(cluster.system)) as misled:
                with pytest.raises(Unanswered, match="whether it happened, or still will, is not"):
                    await misled.call(Put("k", "lost"), 0.3)
            assert await client.call(CompareAndSet("k", "1", "2"), PATIENCE_S) is True
            cluster.nodes[first].told(b'{"cut_off": []}')
            statuses = []
            while not statuses or statuses[-1].leader == first:
                await asyncio.sleep(0.01)
                statuses = [f["status"] for e, f in cluster.logs[first] if e == "status"]
            assert await client.call(Get("k"), PATIENCE_S) == "2"

    asyncio.run(asyncio.wait_for(play(), PATIENCE_S))


@pytest.mark.parametrize(
    "protocol", ["raft", pytest.param("multipaxos", marks=pytest.mark.exhaustive)]
)
def test_who_lacks_more_than_a_message_holds_catches_up(protocol, tmp_path, monkeypatch):
    puts = 10
    monkeypatch.setattr(Splitter, "part_bytes", 2000)
    monkeypatch.setattr(raft_log, "MOST_TEXT", 1200)

    async def play():
        async with Cluster(protocol, tmp_path) as cluster, cluster.client("c") as client:
            await client.call(Put("k", "1"), PATIENCE_S)
            behind = next(name for name in cluster.addresses if name != cluster.leader())
            await cluster.stop(behind)
            for number in range(puts):
                await client.call(Put(str(number), "x" * 500), PATIENCE_S)
            cluster.start(behind)
            while cluster.ask(behind)["status"].applied < puts:
                await asyncio.sleep(0.02)
            assert not any(e == "complaint" for e, _ in cluster.logs[behind])

    asyncio.run(asyncio.wait_for(play(), 10 * PATIENCE_S))


async def fill(cluster, behind, puts, size):
    """Put so many values of such a size, by some clients at once, while a node is down."""
    await cluster.stop(behind)

    async def use(client):
        async with client:
            for key in range(puts // 20):
                await client.call(Put(f"{id(client)} {key}", "x" * size), PATIENCE_S)

    await asyncio.gather(*(use(cluster.client(f"f{k}")) for k in range(20)))


async def until_equal(cluster, behind, leader):
    """The node that was down has applied as much as the leader."""
    while cluster.ask(behind)["status"].applied < cluster.ask(leader)["status"].applied:
        await asyncio.sleep(0.05)


@pytest.mark.exhaustive
@pytest.mark.parametrize("protocol", sorted(SYSTEMS))
def test_a_snapshot_of_20_mb_that_is_cut_off_on_its_way_goes_on_where_it_broke_off(
    protocol, tmp_path, monkeypatch
):
    taken, take = [], Arriving.take

    def watched(arriving, name, offset, data, done):
        if offset == arriving.held_of(name):
            taken.append((name, offset))
        return take(arriving, name, offset, data, done)

    monkeypatch.setattr(Arriving, "take", watched)

    async def play():
        nodes = Cluster(protocol, tmp_path, tick_s=0.1)  # a busy machine is no reason to campaign
        async with nodes as cluster, cluster.client("c") as client:
            await client.call(Put("k", "1"), PATIENCE_S)
            leader = cluster.leader()
            behind = next(name for name in cluster.addresses if name != leader)
            await fill(cluster, behind, 2400, 11_000)
            leader = cluster.leader()
            while (
                cluster.ask(leader)["status"].applied < 2000
            ):  # a second snapshot: no log is whole
                await client.call(Put("k", "1"), PATIENCE_S)
            cluster.start(behind)
            for parts in (5, 10):
                while len(taken) < parts:
                    await asyncio.sleep(0.001)
                cluster.nodes[leader].told(json.dumps({"cut_off": [behind]}).encode())
                await asyncio.sleep(0.1)
                cluster.nodes[leader].told(b'{"cut_off": []}')
            await until_equal(cluster, behind, leader)

    asyncio.run(asyncio.wait_for(play(), 10 * PATIENCE_S))
    assert len(taken) == len(set(taken))
    assert max(offset for _, offset in taken) > MAX_FRAME_BYTES


@pytest.mark.parametrize("protocol", sorted(SYSTEMS))
def test_the_lead_is_handed_over_and_members_change_when_that_is_ordered(protocol, tmp_path):
    async def play():
        async with Cluster(protocol, tmp_path) as cluster, cluster.client("c") as client:
            await client.call(Put("k", "1"), PATIENCE_S)
            leader = cluster.leader()
            target = next(name for name in cluster.addresses if name != leader)
            cluster.nodes[leader].told(json.dumps({"transfer": target}).encode())
            refused = [f["message"] for event, f in cluster.logs[leader] if event == "refused"]
            if protocol == "multipaxos":
                assert refused == [
                    f"{target} can only outbid {leader}: Multi-Paxos has no handover."
                ]
            else:
                assert refused == []
                while cluster.leader() != target:
                    await asyncio.sleep(0.01)
                leader = target
            kept = [name for name in cluster.addresses if name != "n0" or name == leader][:2]
            cluster.nodes[leader].told(json.dumps({"members": kept}).encode())
            while set(cluster.ask(leader)["status"].members) != set(kept):
                await asyncio.sleep(0.01)
            assert await client.call(Get("k"), PATIENCE_S) == "1"

    asyncio.run(asyncio.wait_for(play(), PATIENCE_S))


def test_a_sync_serves_no_more_than_a_batch(tmp_path, monkeypatch):
    turns = [0]
    take, end_turn = ReplicaHost.take, ReplicaHost.end_turn

    def counted(host, envelope):
        turns[-1] += 1
        take(host, envelope)

    def ended(host):
        turns.append(0)
        end_turn(host)

    monkeypatch.setattr(ReplicaHost, "take", counted)
    monkeypatch.setattr(ReplicaHost, "end_turn", ended)

    async def use(client):
        async with client:
            for number in range(3):
                await client.call(Put("k", str(number)), PATIENCE_S)

    async def play():
        async with Cluster("raft", tmp_path, batch=1) as cluster:
            await asyncio.gather(*(use(cluster.client(f"c{k}")) for k in range(8)))

    asyncio.run(asyncio.wait_for(play(), PATIENCE_S))
    assert max(turns) == 1


def test_a_disk_is_as_slow_as_is_ordered(tmp_path, monkeypatch):
    waited = []
    monkeypatch.setattr(slow_disk.time, "sleep", waited.append)

    async def play():
        async with Cluster("raft", tmp_path) as cluster, cluster.client("c") as client:
            await client.call(Put("k", "1"), PATIENCE_S)
            assert waited == []
            for node in cluster.nodes.values():
                node.told(b'{"disk_delay_s": 0.2}')
            await client.call(Put("k", "2"), PATIENCE_S)
            assert len(waited) >= 2 and set(waited) == {0.2}

    asyncio.run(asyncio.wait_for(play(), PATIENCE_S))


def test_what_a_node_may_not_be_told_is_a_complaint(tmp_path):
    async def play():
        async with Cluster("raft", tmp_path) as cluster, cluster.client("c") as client:
            await client.call(Put("k", "1"), PATIENCE_S)
            _, writer = await asyncio.open_connection(*cluster.addresses["n0"])
            submitted = Envelope("n1", "n0", Submission("n1", 1, Get("k")))
            writer.write(frame(codec_of(cluster.system).encode(submitted)))
            cluster.nodes["n0"].told(b'{"cut": 3}')
            cluster.nodes["n0"].told(b'{"disk_delay_s": -1}')
            cluster.nodes["n0"].told(b'{"clock_rate": 0}')
            complaints = []
            while len(complaints) < 4:
                await asyncio.sleep(0.01)
                complaints = [f["message"] for e, f in cluster.logs["n0"] if e == "complaint"]
            writer.close()
            assert await client.call(Get("k"), PATIENCE_S) == "1"  # the node goes on
        assert all("expected an order" in complaint for complaint in complaints[:3])
        assert complaints[3] == "n1 may not send a Submission."

    asyncio.run(asyncio.wait_for(play(), PATIENCE_S))
