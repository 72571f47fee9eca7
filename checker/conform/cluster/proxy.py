"""A network between nodes that loses, doubles, delays and reorders messages, and cuts connections.

Each node reaches each other node through a port of ours. What is written there is cut into
messages, each of which has a fate. Both directions of a connection are treated alike.

- A message that is on its way when its sender dies still arrives, as in a real network.
- A partition loses what is sent across it. Connections stay, and new ones can be made: TCP hides
  shorter partitions, and nodes must not take a connection for a sign of life.
- Without faults (`calm`), the network is what TCP is: in order, whole, and as fast as we are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields

from quorate.checker.conform.framing import Cutter, Framing
from quorate.checker.errors import InputError

from .faults import Fate, Fates, Pair, Partition, Rates

Address = tuple[str, int]
LOOPBACK = "127.0.0.1"
_READ_BYTES = 1 << 16

Watch = Callable[[str, str, bytes], None]
"""Sees each message with its sender and receiver when it has left the sender."""


@dataclass
class Traffic:
    """What became of messages. `undelivered` are those whose receiver was gone."""

    messages: int = 0
    delivered: int = 0
    lost: int = 0
    partitioned: int = 0
    undelivered: int = 0
    duplicated: int = 0
    delayed: int = 0
    reordered: int = 0
    cut: int = 0

    def add(self, other: Traffic) -> None:
        """Count those of another network too."""
        for f in fields(self):
            setattr(self, f.name, getattr(self, f.name) + getattr(other, f.name))


class FaultyNetwork:
    """The links between nodes. Use it as an async context manager."""

    def __init__(
        self,
        addresses: Mapping[str, Address],
        framing: Framing,
        rates: Rates,
        seed: int,
        watch: Watch,
    ) -> None:
        self.traffic = Traffic()
        self.framing, self.watch, self.faulty = framing, watch, True
        self._cut: list[frozenset[Pair]] = []
        self._links = {
            (a, b): _Link(self, (a, b), addresses[b], rates, seed)
            for a in addresses
            for b in addresses
            if a != b
        }

    async def __aenter__(self) -> FaultyNetwork:
        try:
            for link in self._links.values():
                await link.open()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for link in self._links.values():
            await link.close()

    def seen_from(self, node: str) -> dict[str, Address]:
        """Where a node finds the others."""
        return {b: link.address for (a, b), link in self._links.items() if a == node}

    def part(self, partition: Partition) -> None:
        """Begin a partition."""
        self._cut.append(partition.pairs)

    def heal(self, partition: Partition) -> None:
        """End it."""
        self._cut.remove(partition.pairs)

    def calm(self) -> None:
        """No more faults. What was delayed before still arrives late."""
        self.faulty = False

    def parted(self, pair: Pair) -> bool:
        """Whether a partition loses what the one sends to the other."""
        return self.faulty and any(pair in pairs for pairs in self._cut)


class _Link:
    """The way from one node to another: a port at which the other seems to listen."""

    def __init__(
        self, network: FaultyNetwork, pair: Pair, target: Address, rates: Rates, seed: int
    ) -> None:
        self._network, self._pair, self._target = network, pair, target
        there, back = pair, (pair[1], pair[0])
        self._there = Fates(rates, seed, there)
        # The other node's own connection has the fates of its messages; here are its answers.
        self._back = Fates(rates, seed, (f"{back[0]} answering", back[1]))
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        try:
            self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        except OSError as error:
            raise InputError(f"no free port for the network: {error.strerror or error}") from None

    @property
    def address(self) -> Address:
        assert self._server is not None, "the link is open"
        name = self._server.sockets[0].getsockname()
        return name[0], name[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._relay(reader, writer)
        except asyncio.CancelledError:
            pass  # The network is going down; nobody awaits this task, so it ends here.
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, target = await asyncio.open_connection(*self._target)
        except OSError:
            return  # Nobody listens there: the sender finds out as it would without us.
        there, back = self._pair, (self._pair[1], self._pair[0])
        open_ways = ways = {
            asyncio.create_task(_Way(self._network, there, self._there, reader, target).run()),
            asyncio.create_task(_Way(self._network, back, self._back, answers, writer).run()),
        }
        try:
            broken = False
            while open_ways and not broken:
                done, open_ways = await asyncio.wait(open_ways, return_when=asyncio.FIRST_COMPLETED)
                broken = any(way.result() for way in done)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            target.transport.abort()


class _Way:
    """One direction of one connection. It ends when its source has ended and all has arrived."""

    def __init__(
        self,
        network: FaultyNetwork,
        pair: Pair,
        fates: Fates,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
    ) -> None:
        self._network, self._pair, self._fates = network, pair, fates
        self._source, self._target = source, target
        self._due_s = 0.0
        self._number = self._newest = 0
        self._on_way: set[asyncio.TimerHandle] = set()
        self._arrived = asyncio.Event()

    async def run(self) -> bool:
        """Whether the connection broke, and did not end."""
        cutter = self._network.framing()
        try:
            while data := await self._source.read(_READ_BYTES):
                if not self._take(cutter.feed(data)):
                    return True
                await self._target.drain()
            await self._finish(cutter)
            return False
        except OSError:
            return True
        finally:
            for handle in self._on_way:
                handle.cancel()
            self._network.traffic.undelivered += len(self._on_way)

    async def _finish(self, cutter: Cutter) -> None:
        while self._on_way:
            self._arrived.clear()
            await self._arrived.wait()
        self._target.write(cutter.rest())
        await self._target.drain()
        self._target.write_eof()

    def _take(self, messages: Iterable[bytes]) -> bool:
        """Deal with messages that were read; whether the connection still stands."""
        network = self._network
        for message in messages:
            network.traffic.messages += 1
            network.watch(*self._pair, message)
            fate = self._fates.next() if network.faulty else Fate()
            if network.parted(self._pair):
                network.traffic.partitioned += 1
            elif fate.cut:
                network.traffic.cut += 1
                self._target.write(message[: max(1, len(message) // 2)])
                return False
            elif fate.lost:
                network.traffic.lost += 1
            else:
                self._post(message, fate)
        return True

    def _post(self, message: bytes, fate: Fate) -> None:
        traffic = self._network.traffic
        traffic.duplicated += fate.copies - 1
        traffic.delayed += fate.delays_s[0] > 0
        self._number += 1
        for delay_s in fate.delays_s[: fate.copies]:
            self._send_later(message, self._number, delay_s, fate.overtaken)

    def _send_later(self, message: bytes, number: int, delay_s: float, overtaken: bool) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        due_s = now_s + delay_s
        if not overtaken:
            # In order, and never at the same time: the loop breaks ties as it likes.
            due_s = max(due_s, self._due_s + 1e-6)
            self._due_s = due_s
        if due_s <= now_s and not self._on_way:
            self._deliver(message, number)
            return
        handle: asyncio.TimerHandle

        def arrive() -> None:
            self._on_way.discard(handle)
            self._deliver(message, number)
            self._arrived.set()

        handle = loop.call_at(due_s, arrive)
        self._on_way.add(handle)

    def _deliver(self, message: bytes, number: int) -> None:
        traffic = self._network.traffic
        if self._target.is_closing():
            traffic.undelivered += 1
            return
        traffic.delivered += 1
        traffic.reordered += number < self._newest
        self._newest = max(self._newest, number)
        self._target.write(message)
