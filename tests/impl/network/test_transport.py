"""The TCP transport on loopback: reconnects, bounds, and bad peers."""

from __future__ import annotations

import asyncio

import pytest

from quorate.impl.cluster.children import free_addresses
from quorate.impl.cluster.paxos_requests import PAXOS_CODEC, admit_request, request_value
from quorate.impl.envelope import Envelope
from quorate.impl.errors import ConfigError, WireError
from quorate.impl.network import parts
from quorate.impl.network.backlog import MOST_MESSAGES, Backlog
from quorate.impl.network.codec import MAX_FRAME_BYTES, Codec, frame
from quorate.impl.network.parts import Piece
from quorate.impl.network.transport import LOOPBACK, Transport, is_self_connected
from quorate.impl.paxos import Ask, Learned, Request

PATIENCE_S = 20.0


class Peer:
    """A transport that keeps what it gets."""

    def __init__(self, name, addresses, answer=None, codec=PAXOS_CODEC):
        self.got: list[Envelope] = []
        self.complaints: list[str] = []
        self.news = asyncio.Event()
        self.answer = answer
        self.transport = Transport(name, addresses, codec, admit_request, self.take, self.complain)

    def take(self, envelope):
        self.got.append(envelope)
        self.news.set()
        if self.answer is not None:
            self.transport.send(Envelope(envelope.dst, envelope.src, self.answer))

    def complain(self, what):
        self.complaints.append(what)
        self.news.set()

    async def until(self, reached):
        async with asyncio.timeout(PATIENCE_S):
            while not reached(self):
                await self.news.wait()
                self.news.clear()


def addresses():
    return dict(zip(("a", "b"), free_addresses(2), strict=True))


def test_messages_arrive_in_order():
    async def play():
        where = addresses()
        a, b = Peer("a", where), Peer("b", where)
        async with a.transport, b.transport:
            for number in range(50):
                a.transport.send(Envelope("a", "b", Ask(str(number))))
            await b.until(lambda peer: len(peer.got) == 50)
        assert [envelope.body for envelope in b.got] == [Ask(str(n)) for n in range(50)]

    asyncio.run(play())


def test_a_peer_that_comes_late_or_comes_back_is_found():
    async def play():
        where = addresses()
        a = Peer("a", where)
        async with a.transport:
            a.transport.send(Envelope("a", "b", Ask("early")))
            for life in range(2):
                b = Peer("b", where)
                async with b.transport:
                    # What is written into a dying connection is lost: repeat, as the protocol does.
                    while not b.got:
                        a.transport.send(Envelope("a", "b", Ask(f"life {life}")))
                        await asyncio.sleep(0.02)

    asyncio.run(asyncio.wait_for(play(), PATIENCE_S))


def test_a_full_queue_drops_the_oldest_and_says_so():
    async def play():
        where = addresses()
        a, b = Peer("a", where), Peer("b", where)
        async with a.transport:
            for number in range(MOST_MESSAGES + 10):
                a.transport.send(Envelope("a", "b", Ask(str(number))))
            async with b.transport:
                await b.until(lambda peer: len(peer.got) == MOST_MESSAGES)
        assert b.got[0].body == Ask("10")
        assert a.complaints == [
            "More waits for b than is kept: the oldest is dropped.",
            "10 messages for b were dropped while they waited.",
        ]

    asyncio.run(play())


def test_what_waits_for_a_peer_is_bounded_by_bytes_and_its_latest_message_is_kept(monkeypatch):
    monkeypatch.setattr(Backlog, "most_bytes", 10)
    backlog = Backlog()
    for frames in [b"1234", b"5678"], [b"ab"], [b"cd"]:
        backlog.put(frames)
    assert backlog.dropped == 1 and backlog.take() == b"abcd" and backlog.take() == b""
    backlog.put([b"1234"])
    backlog.put([b"5" * 20])
    assert backlog.dropped == 2 and backlog.take() == b"5" * 20


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "above the limit"),
        (frame(b"garbage"), "Not a message"),
        (frame(b"truncated")[:-3], "ended 10 bytes into a frame"),
        (frame(PAXOS_CODEC.encode(Envelope("b", "z", Ask("l")))), "A message for 'z' arrived at a"),
        (frame(PAXOS_CODEC.encode(Envelope("z", "a", Ask("l")))), "'z' is no member"),
        (
            frame(PAXOS_CODEC.encode(Envelope("z", "a", Request("x" * 70_000)))),
            "70000 bytes is above",
        ),
    ],
)
def test_a_bad_peer_is_reported_and_cut_off(data, complaint):
    async def play():
        where = addresses()
        a = Peer("a", where)
        async with a.transport:
            reader, writer = await asyncio.open_connection(*where["a"])
            writer.write(data)
            writer.write_eof()
            assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
            writer.close()
            assert len(a.complaints) == 1 and complaint in a.complaints[0]
            assert a.got == []

    asyncio.run(play())


def test_an_oversized_message_is_not_sent(monkeypatch):
    monkeypatch.setattr(parts, "MOST_BYTES", MAX_FRAME_BYTES)

    async def play():
        a = Peer("a", addresses())
        async with a.transport:
            a.transport.send(Envelope("a", "b", Learned("x" * MAX_FRAME_BYTES)))
        assert len(a.complaints) == 1 and "is above 16777216" in a.complaints[0]

    asyncio.run(play())


@pytest.mark.exhaustive
def test_a_message_above_a_frame_arrives_whole():
    async def play():
        where = addresses()
        codec = Codec((Ask, Learned, Piece))
        a, b = (Peer(name, where, codec=codec) for name in "ab")
        async with a.transport, b.transport:
            value = "x" * (MAX_FRAME_BYTES + 1)
            a.transport.send(Envelope("a", "b", Learned(value)))
            a.transport.send(Envelope("a", "b", Ask("after")))
            await b.until(lambda peer: len(peer.got) == 2)
        assert [envelope.body for envelope in b.got] == [Learned(value), Ask("after")]
        assert a.complaints == []

    asyncio.run(asyncio.wait_for(play(), PATIENCE_S))


def test_a_client_is_answered_over_its_own_connection():
    async def play():
        where = addresses()
        a = Peer("a", where, answer=Learned("x"))
        async with a.transport:
            assert await request_value(where["a"], "a", "client", "y") == "x"
            assert a.got == [Envelope("client", "a", Request("y"))]

    asyncio.run(asyncio.wait_for(play(), PATIENCE_S))


def test_a_connection_to_itself_is_recognised():
    async def play():
        own = free_addresses(1)[0]
        _, writer = await asyncio.open_connection(*own, local_addr=own)
        assert is_self_connected(writer)
        writer.close()
        where = addresses()
        async with Peer("a", where).transport:
            _, writer = await asyncio.open_connection(*where["a"])
            assert not is_self_connected(writer)
            writer.close()

    asyncio.run(play())


def test_a_client_without_a_node_gets_one_error():
    with pytest.raises(WireError, match="n0 does not answer"):
        asyncio.run(request_value(free_addresses(1)[0], "n0", "client", "x"))


def test_a_taken_port_is_one_error():
    async def play():
        where = addresses()
        async with Peer("a", where).transport:
            with pytest.raises(ConfigError, match=rf"b cannot listen on {LOOPBACK}:"):
                async with Peer("b", {**where, "b": where["a"]}).transport:
                    pass

    asyncio.run(play())
