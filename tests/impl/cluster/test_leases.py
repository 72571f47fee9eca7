"""A node that reads by leases, and stands still: what it is asked first is not answered by one."""

from __future__ import annotations

import asyncio
from random import Random

import msgspec
import pytest

from quorate.impl.cluster import node_clock
from quorate.impl.cluster.node_config import NodeConfig, read_config
from quorate.impl.cluster.replica_cluster import StoreCluster
from quorate.impl.cluster.replica_node import ReplicaNode
from quorate.impl.durable.failpoints import unhindered
from quorate.impl.durable.slow_disk import SlowDisk
from quorate.impl.envelope import Envelope
from quorate.impl.errors import ConfigError
from quorate.impl.raft import AppendEntries, RequestVote, TimeoutNow, VoteGranted
from quorate.impl.raft.options import by_leases
from quorate.impl.raft.system import RAFT
from quorate.impl.replicated.host import ReplicaHost
from quorate.impl.store import Answered, Completed, Get, Put, Redirected, Submission

from ...support.journals import SERVERS, Disk

TICK_S, MARGIN_S = 1000.0, 2000.0
LASTS = 10 - by_leases(MARGIN_S / TICK_S).drift
"""Ticks for which a lease lasts. Whoever hears of it waits for 10."""


class Node(ReplicaNode):
    """A node without sockets; its own timers never fire."""

    def __init__(self, composition, mail):
        self.mail, self.disk = mail, Disk()
        config = NodeConfig(
            "n0",
            dict.fromkeys(SERVERS, ("127.0.0.1", 1)),
            "nowhere",
            composition,
            protocol="raft",
            tick_s=TICK_S,
            lease_margin_s=MARGIN_S,
        )
        super().__init__(config, self.disk, lambda *_, **__: None, SlowDisk(unhindered))

    def send(self, envelope):
        self.mail.append(envelope)


class Impatient(Random):
    """Waits no longer than it must."""

    def randint(self, a, b):
        return a


class Stage:
    """The node n0, and two replicas; all have the time from here."""

    def __init__(self, monkeypatch, composition="healthy"):
        self.mail, self.now_s, self.asked = [], 50.0, 0
        monkeypatch.setattr(node_clock, "uptime_s", lambda: self.now_s)
        self.node = Node(composition, self.mail)
        self.peers = {
            name: ReplicaHost(RAFT, name, SERVERS, Disk(), self.mail.append, Impatient())
            for name in SERVERS[1:]
        }

    async def lead(self):
        """The node leads, and what it does first is committed: a lease has begun."""
        self.node.deliver(Envelope("n1", "n0", TimeoutNow(0, "n1")))
        await self.carry()
        assert await self.ask("n0", Put("k", "old")) == [Completed(1, Answered(None))]

    async def ask(self, server, command, away=()):
        """What clients are told when one has asked, and nobody says anything any more."""
        self.asked += 1
        self.mail.append(Envelope("c", server, Submission("c", self.asked, command)))
        return await self.carry(away)

    async def carry(self, away=()):
        """Deliver what is sent, but from and to those that are away."""
        self.told, self.between = [], []
        while True:
            await asyncio.sleep(0)  # the node ends its turn
            if not self.mail:
                return self.told
            envelope = self.mail.pop(0)
            if envelope.dst not in SERVERS:
                self.told.append(envelope.body)
                continue
            self.between += [envelope] if envelope.src in SERVERS else []
            if {envelope.src, envelope.dst} & {*away}:
                continue
            if envelope.dst == "n0":
                self.node.deliver(envelope)
            else:
                self.peers[envelope.dst].take(envelope)
                self.peers[envelope.dst].end_turn()

    def pass_time(self, ticks):
        """For all; the node must find out by itself."""
        self.now_s += ticks * TICK_S
        for peer in self.peers.values():
            peer.pass_time(ticks)

    async def elect_another(self):
        """Without the node."""
        self.peers["n1"].fire_timers()
        self.peers["n1"].end_turn()
        await self.carry(away=["n0"])
        assert self.peers["n1"].status().leader == "n1"


@pytest.mark.parametrize(("ticks", "asks_others"), [(0, False), (LASTS - 1, False), (LASTS, True)])
def test_while_a_lease_lasts_nobody_is_asked(ticks, asks_others, monkeypatch):
    async def play():
        stage = Stage(monkeypatch)
        await stage.lead()
        stage.pass_time(ticks)
        assert await stage.ask("n0", Get("k")) == [Completed(2, Answered("old"))]
        assert bool(stage.between) is asks_others

    asyncio.run(play())


@pytest.mark.parametrize(
    ("composition", "answers"),
    [("healthy", []), ("leaves-clock-behind", [Completed(3, Answered("old"))])],
)
def test_a_node_that_stood_still_looks_at_the_clock_before_its_mail(
    composition, answers, monkeypatch
):
    async def play():
        stage = Stage(monkeypatch, composition)
        await stage.lead()
        stage.pass_time(30)
        await stage.elect_another()
        assert await stage.ask("n1", Put("k", "new"), away=["n0"]) == [Completed(2, Answered(None))]
        assert await stage.ask("n0", Get("k"), away=["n1", "n2"]) == answers
        assert bool(stage.between) is not bool(answers)  # it asks the others whether it leads
        if not answers:
            await stage.ask("n0", Get("k"))  # they tell it that it does not
            assert await stage.ask("n0", Get("k")) == [Redirected(5, None)]

    asyncio.run(play())


@pytest.mark.parametrize(
    ("composition", "rate", "stale"),
    [
        ("healthy", 0.8, False),  # it falls behind by the margin, 2 of 10 ticks
        ("trusts-ticks", 0.8, True),
        ("trusts-ticks", 1, False),
        ("healthy", 0.5, True),
    ],
)
def test_a_leader_whose_clock_falls_behind_by_more_than_the_margin_answers_what_is_stale(
    composition, rate, stale, monkeypatch
):
    async def play():
        stage = Stage(monkeypatch, composition)
        await stage.lead()
        stage.node.told(b'{"clock_rate": %g}' % rate)
        stage.pass_time(10)
        await stage.elect_another()
        assert await stage.ask("n1", Put("k", "new"), away=["n0"]) == [Completed(2, Answered(None))]
        told = await stage.ask("n0", Get("k"), away=["n1", "n2"])
        assert told == ([Completed(3, Answered("old"))] if stale else [])

    asyncio.run(play())


@pytest.mark.parametrize(("ticks", "helps"), [(9, False), (10, True)])
def test_whoever_stood_still_hears_its_leader_at_the_time_of_the_clock(ticks, helps, monkeypatch):
    async def play():
        stage = Stage(monkeypatch)
        stage.mail.append(Envelope("n1", "n0", AppendEntries(1, "n1", 0, 0, (), 0)))
        await stage.carry()
        stage.pass_time(30)
        stage.mail.append(Envelope("n1", "n0", AppendEntries(1, "n1", 0, 0, (), 0)))
        await stage.carry()
        stage.pass_time(ticks)
        stage.mail.append(Envelope("n2", "n0", RequestVote(2, "n2", 5, 1)))
        await stage.carry(away=["n1"])
        granted = [e for e in stage.between if isinstance(e.body, VoteGranted)]
        assert bool(granted) is helps

    asyncio.run(play())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"protocol": "multipaxos"}, "Leases are for raft: they do not go with multipaxos."),
        ({"lease_margin_s": 0.241}, "Found a margin of 241 ms for leases, expected above 0 and"),
        ({"lease_margin_s": 0.0}, "at most 240 ms, or none would last."),
    ],
)
def test_leases_that_there_cannot_be(change, what, tmp_path):
    wanted = {"protocol": "raft", "lease_margin_s": 0.24, **change}
    config = NodeConfig("n0", {"n0": ("127.0.0.1", 1)}, "nowhere", **wanted)
    (tmp_path / "n0.json").write_bytes(msgspec.json.encode(config))
    with pytest.raises(ConfigError, match=what):
        read_config(tmp_path / "n0.json")
    with pytest.raises(ConfigError, match=what):
        StoreCluster(config.protocol, 3, tmp_path, lease_margin_s=config.lease_margin_s)
