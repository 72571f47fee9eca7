"""Messages over TCP: one listener, one outgoing connection per peer, framed JSON.

Rules:
- The network may lose, and does: of too much that waits for a peer the oldest is dropped, which is
  said, and what is written into a dying connection is gone. The protocol repeats what matters.
- No peer can block or exhaust a node: queues and frames are bounded, a connection that
  sends garbage is closed and reported.
- A node can be cut off from some peers, to see what the others do: what they send is dropped, and
  what is for them.
- Replies to a client go back over the client's own connection.
- There is no authentication. Addresses are loopback unless the operator says otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Final, Generic, Self, TypeAlias, TypeVar

from quorate.impl.backoff import Backoff
from quorate.impl.envelope import Envelope
from quorate.impl.errors import ConfigError, ImplError, WireError

from .backlog import Backlog
from .codec import Codec, FrameReader
from .parts import Gatherer, Splitter

LOOPBACK: Final = "127.0.0.1"
_READ_BYTES: Final = 1 << 16
_CLIENT_BUFFER_BYTES: Final = 1 << 20
_CONNECT_TIMEOUT_S: Final = 2.0

Address: TypeAlias = tuple[str, int]
MessageT = TypeVar("MessageT")


class Transport(Generic[MessageT]):
    """The network side of one node. Use it as an async context manager."""

    def __init__(
        self,
        name: str,
        addresses: Mapping[str, Address],
        codec: Codec[MessageT],
        admit: Callable[[Envelope[MessageT]], None],
        deliver: Callable[[Envelope[MessageT]], None],
        complain: Callable[[str], None],
    ) -> None:
        """`admit` raises a WireError for what somebody may not send who is no member."""
        self._name = name
        self._addresses = dict(addresses)
        self._codec, self._admit = codec, admit
        self._splitter = Splitter(codec)
        self._cut: frozenset[str] = frozenset()
        self._deliver = deliver
        self._complain = complain
        self._links = {
            peer: _Link(peer, address, complain)
            for peer, address in self._addresses.items()
            if peer != name
        }
        self._clients: dict[str, asyncio.StreamWriter] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        host, port = self._addresses[self._name]
        try:
            self._server = await asyncio.start_server(self._serve, host, port)
        except OSError as error:
            raise ConfigError(f"{self._name} cannot listen on {host}:{port}: {error}.") from None
        for link in self._links.values():
            link.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for link in self._links.values():
            await link.stop()
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.close()

    def cut_off(self, peers: Collection[str]) -> None:
        """From now on carry nothing from or to these peers, and to all others again."""
        self._cut = frozenset(peers)

    def send(self, envelope: Envelope[MessageT]) -> None:
        """Queue a message for a peer, or answer a connected client; never blocks, may lose."""
        if envelope.dst in self._cut:
            return
        try:
            frames = self._splitter.frames(envelope)
        except WireError as error:
            self._complain(str(error))
            return
        link = self._links.get(envelope.dst)
        if link is not None:
            link.put(frames)
        else:
            self._answer(envelope.dst, b"".join(frames))

    def _answer(self, client: str, data: bytes) -> None:
        writer = self._clients.get(client)
        if writer is None or writer.is_closing():
            return
        if writer.transport.get_write_buffer_size() < _CLIENT_BUFFER_BYTES:
            writer.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            async for envelope in envelopes(reader, self._codec, self._addresses):
                self._take(envelope, writer)
        except (ImplError, OSError) as error:
            self._complain(str(error))
        except asyncio.CancelledError:
            pass  # The loop is going down; nobody awaits this task, so it ends here.
        finally:
            self._forget(writer)
            writer.close()

    def _take(self, envelope: Envelope[MessageT], writer: asyncio.StreamWriter) -> None:
        if envelope.dst != self._name:
            raise WireError(f"A message for {envelope.dst!r} arrived at {self._name}.")
        if envelope.src not in self._addresses:
            self._admit(envelope)
            self._clients[envelope.src] = writer
        if envelope.src not in self._cut:
            self._deliver(envelope)

    def _forget(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        for client in [name for name, held in self._clients.items() if held is writer]:
            del self._clients[client]


class _Link:
    """The outgoing connection to one peer: reconnects for as long as the node runs."""

    def __init__(self, peer: str, address: Address, complain: Callable[[str], None]) -> None:
        self._peer, self._address, self._complain = peer, address, complain
        self._backlog, self._news = Backlog(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_connected())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def put(self, frames: Sequence[bytes]) -> None:
        before = self._backlog.dropped
        self._backlog.put(frames)
        self._news.set()
        if not before and self._backlog.dropped:
            self._complain(f"More waits for {self._peer} than is kept: the oldest is dropped.")

    async def _keep_connected(self) -> None:
        backoff = Backoff(first_s=0.05, ceiling_s=1.0)
        attempt = 0
        while True:
            attempt += 1
            with suppress(OSError):  # A TimeoutError is one.
                reader, writer = await self._connect()
                attempt = 0
                self._tell_dropped()
                await self._converse(reader, writer)
            await asyncio.sleep(backoff.delay_s(attempt))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        # Not `wait_for`, which in Python 3.11 can swallow the cancellation of `stop`.
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(*self._address)
        if is_self_connected(writer):
            writer.close()
            raise ConnectionRefusedError("connected to itself: nobody listens there")
        return reader, writer

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Write frames until the peer is gone, which a pending read notices at once."""
        tasks = {asyncio.create_task(self._pump(writer)), asyncio.create_task(_drain(reader))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            writer.close()

    async def _pump(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            writer.write(self._backlog.take())
            await writer.drain()
            self._tell_dropped()

    def _tell_dropped(self) -> None:
        """Messages flow again: say how many there were."""
        dropped, self._backlog.dropped = self._backlog.dropped, 0
        if dropped:
            self._complain(f"{dropped} messages for {self._peer} were dropped while they waited.")


def is_self_connected(writer: asyncio.StreamWriter) -> bool:
    """Whether TCP connected a socket to itself.

    That happens on loopback while nobody listens and the kernel picks the very port that
    is being dialled; it would also keep the peer from ever listening there again.
    """
    own, other = (writer.get_extra_info(end) for end in ("sockname", "peername"))
    return bool(own == other)


async def envelopes(
    reader: asyncio.StreamReader, codec: Codec[MessageT], members: Collection[str] = ()
) -> AsyncIterator[Envelope[MessageT]]:
    """What arrives on a connection, until it ends; from members in parts, too. Raises WireError."""
    frames, gatherer = FrameReader(), Gatherer(codec, members)
    while data := await reader.read(_READ_BYTES):
        for payload in frames.feed(data):
            if (envelope := gatherer.take(payload)) is not None:
                yield envelope
    frames.close()


async def _drain(reader: asyncio.StreamReader) -> None:
    """Peers say nothing on this connection; the end of it is the news."""
    while await reader.read(_READ_BYTES):
        pass
