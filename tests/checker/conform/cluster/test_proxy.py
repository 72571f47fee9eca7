"""The network between nodes: what it does to messages, and what it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from quorate.checker.conform.cluster import faults
from quorate.checker.conform.cluster.faults import Partition, Rates
from quorate.checker.conform.cluster.proxy import Address, FaultyNetwork, Traffic
from quorate.checker.conform.framing import lines

NONE = Rates(*[0] * 10)
SENT = [f"{k}\n".encode() for k in range(40)]


class Receiver:
    """Node b: keeps what arrives, and answers each line."""

    def __init__(self) -> None:
        self.arrived: list[bytes] = []
        self.ended = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.readline():
                self.arrived.append(data)
                writer.write(b"ok " + data)
        except OSError:
            pass
        self.ended += 1
        writer.close()


class Sender:
    """Node a: connected to b through the network."""

    def __init__(self, network: FaultyNetwork, receiver: Receiver, address: Address) -> None:
        self.network, self.receiver, self.address = network, receiver, address

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self.address)

    async def send(self) -> bytes:
        """Send everything on one connection; returns the answers, when all has arrived."""
        reader, writer = await self.connect()
        for line in SENT:
            writer.write(line)
        writer.write_eof()
        answers = await reader.read(-1)
        writer.close()
        return answers


def through(
    rates: Rates, use: Callable[[Sender], Awaitable[object]]
) -> tuple[Receiver, Traffic, list[tuple[str, str, bytes]]]:
    """What comes of using a network from a to b."""
    seen: list[tuple[str, str, bytes]] = []

    async def run() -> tuple[Receiver, Traffic]:
        receiver = Receiver()
        server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
        here = server.sockets[0].getsockname()
        addresses = {"a": ("127.0.0.1", 1), "b": (here[0], here[1])}
        watch = lambda *message: seen.append(message)  # noqa: E731
        async with FaultyNetwork(addresses, lines(), rates, 1, watch) as network:
            await use(Sender(network, receiver, network.seen_from("a")["b"]))
            traffic = network.traffic
        server.close()
        return receiver, traffic

    receiver, traffic = asyncio.run(run())
    return receiver, traffic, seen


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "MOST_DELAY_S", 0.01)


def test_without_faults_it_is_tcp() -> None:
    async def use(sender: Sender) -> None:
        assert await sender.send() == b"".join(b"ok " + line for line in SENT)

    receiver, traffic, seen = through(NONE, use)
    assert receiver.arrived == SENT
    assert traffic == Traffic(messages=80, delivered=80)
    assert [m for a, _, m in seen if a == "a"] == SENT
    assert ("b", "a", b"ok 0\n") in seen


def test_what_is_lost_was_seen_to_leave() -> None:
    receiver, traffic, seen = through(Rates(**{**dict(NONE.items()), "loss": 1}), Sender.send)
    assert receiver.arrived == [] and traffic.lost == traffic.messages == len(seen) == 40


def test_some_are_lost_and_some_come_twice() -> None:
    rates = Rates(**{**dict(NONE.items()), "loss": 0.3, "duplicate": 0.3})
    receiver, traffic, _ = through(rates, Sender.send)
    assert set(receiver.arrived) < set(SENT)
    assert receiver.arrived == sorted(receiver.arrived, key=SENT.index)
    assert len(set(receiver.arrived)) < len(receiver.arrived)
    assert traffic.delivered == traffic.messages - traffic.lost + traffic.duplicated


def test_delays_keep_the_order_and_reordering_does_not() -> None:
    late = Rates(**{**dict(NONE.items()), "delay": 0.5})
    receiver, traffic, _ = through(late, Sender.send)
    assert receiver.arrived == SENT
    assert traffic.delayed > 0 and traffic.reordered == 0
    mixed = Rates(**{**dict(NONE.items()), "reorder": 0.3})
    receiver, traffic, _ = through(mixed, Sender.send)
    assert sorted(receiver.arrived, key=SENT.index) == SENT != receiver.arrived
    assert traffic.reordered > 0


def test_a_connection_is_cut_in_the_middle_of_a_message() -> None:
    async def use(sender: Sender) -> None:
        reader, writer = await sender.connect()
        writer.write(b"a long line\n")
        with pytest.raises(ConnectionError):
            while await reader.read(10):
                pass
            raise ConnectionError  # an end without a reset will do too
        writer.close()
        while not sender.receiver.ended:
            await asyncio.sleep(0.001)

    receiver, traffic, _ = through(Rates(**{**dict(NONE.items()), "cut": 1}), use)
    assert traffic.cut == 1 and traffic.delivered == 0
    assert receiver.arrived in ([], [b"a long"])


def test_a_partition_loses_what_is_sent_across_it_in_its_directions() -> None:
    async def use(sender: Sender) -> None:
        reader, writer = await sender.connect()
        there = Partition(0, 1, frozenset({("a", "b")}), frozenset("a"))
        back = Partition(0, 1, frozenset({("b", "a")}), frozenset("b"))
        for partition, line in ((there, b"lost\n"), (back, b"unanswered\n")):
            sender.network.part(partition)
            writer.write(line)
            while sender.network.traffic.partitioned < 1 + (partition is back):
                await asyncio.sleep(0.001)
            sender.network.heal(partition)
        writer.write(b"through\n")
        assert await reader.readline() == b"ok through\n"
        writer.close()

    receiver, traffic, _ = through(NONE, use)
    assert receiver.arrived == [b"unanswered\n", b"through\n"]
    assert (traffic.messages, traffic.delivered, traffic.partitioned) == (5, 3, 2)


def test_a_calm_network_has_no_faults() -> None:
    async def use(sender: Sender) -> None:
        sender.network.part(Partition(0, 1, frozenset({("a", "b"), ("b", "a")}), frozenset("a")))
        sender.network.calm()
        await sender.send()

    receiver, traffic, _ = through(Rates(1, 1, 1, 1, 1, *[0] * 5), use)
    assert receiver.arrived == SENT and traffic == Traffic(messages=80, delivered=80)


def test_nobody_listens_where_a_node_is_dead() -> None:
    async def use(sender: Sender) -> None:
        reader, writer = await asyncio.open_connection(*sender.network.seen_from("b")["a"])
        assert await reader.read() == b""
        writer.close()

    _, traffic, _ = through(NONE, use)
    assert traffic == Traffic()
