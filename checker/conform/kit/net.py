"""The network between processes whose code has sockets: what is sent waits until it is delivered.

A connection is made at once, and its bytes arrive in order, each message once, as by TCP; it may be
lost with all that is on its way. Datagrams may be delivered late, again, and in any order, as by
UDP. What the code writes is cut into messages by a framing, or else each call that writes is one.
"""

from __future__ import annotations

import itertools
import socket
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from quorate.checker.conform.adapter import Unrealisable
from quorate.checker.conform.framing import Cutter, Framing
from quorate.traces import Record

from .host import Host
from .threads import Threads
from .wire import Shown, Wire

Address = tuple[str, int]

FIRST_PORT = 49_152
"""Of the ports that are given to sockets that ask for none."""

FIRST_NUMBER = 1 << 20
"""Of the numbers of sockets (`fileno`): no file of this process has one of these."""

MOST_ROUNDS = 10_000
"""How often processes may answer each other with what the model does not have."""


class Endpoint(Protocol):
    """A socket, as the network has it."""

    host: Host
    own: Address | None
    kind: int
    is_open: bool

    def receives_at(self, port: int) -> bool:
        """Whether connections or datagrams come here that are sent to a port."""
        ...

    def arrived(self, data: bytes, source: Address | None = None) -> None:
        """Bytes arrive, or none at the end of a stream; or a datagram, with where it is from."""
        ...

    def asked(self, other: Any) -> None:
        """Another wants to be connected with who listens here."""
        ...

    def lost(self) -> None:
        """The connection is lost."""
        ...

    def end(self) -> None:
        """The process that has it is dead."""
        ...

    def fileno(self) -> int:
        """Its number."""
        ...

    def readable(self) -> bool:
        """Whether to read, or to accept, does not wait."""
        ...

    def writable(self) -> bool:
        """Whether to write does not wait."""
        ...


class Direction:
    """One direction of a connection: what was written, and is not delivered yet."""

    def __init__(self, net: Net, source: str, to: Endpoint) -> None:
        self.net, self.source, self.to = net, source, to
        self.target: str = to.host.name
        self.waiting: deque[tuple[bytes, tuple[Record, ...]]] = deque()
        """Messages with what they are in the model; the end of the stream is one without bytes."""
        self._cutter: Cutter | None = None if net.framing is None else net.framing()

    def write(self, data: bytes) -> None:
        """The code writes."""
        for message in [data] if self._cutter is None else self._cutter.feed(data):
            shown = self.net.send(message, self.source, self.target)
            self.waiting.append((message, shown))

    def end(self) -> None:
        """The code writes no more."""
        rest = b"" if self._cutter is None else self._cutter.rest()
        self.waiting += [(part, ()) for part in filter(None, [rest])]
        self.waiting.append((b"", ()))

    def pass_on(self) -> None:
        """Deliver the first message, or the end."""
        self.to.arrived(self.waiting.popleft()[0])


class Net(Wire):
    """Connections and datagrams between processes, with what messages are in the model.

    `show(message, source, target)` as for a `Wire`: bytes, and the names of two processes. What
    the model does not have is delivered on a connection as soon as all before it is.
    """

    def __init__(
        self, show: Callable[[bytes, str, str], Shown], framing: Framing | None = None
    ) -> None:
        super().__init__(show)
        self.framing = framing
        self.sockets: dict[int, Endpoint] = {}
        """Those that are open, by `fileno`."""
        self._numbers, self._ports = itertools.count(FIRST_NUMBER), itertools.count(FIRST_PORT)
        self._streams: list[Direction] = []
        self._datagrams: dict[Record, list[tuple[str, Endpoint, bytes, Address]]] = {}
        self._touched: dict[Host, None] = {}

    # ------------------------------------------------------------ for adapters

    def hosts(self, make: Callable[[], Host] = Threads) -> Callable[[], Host]:
        """What `Processes` makes hosts by: `Processes(names, start, host=net.hosts())`."""

        def made() -> Host:
            host = make()
            host.net = self
            host.at_close.append(lambda: self._died(host))
            return host

        return made

    def deliver(self, record: Record, target: str | None = None) -> None:
        """Deliver the message that a record stands for, and run until nothing is left to do.

        Raises Unrealisable if the code has sent none to the target, and if on its connection
        others come first, or it was delivered already: TCP does not do that.
        """
        there = [s for s in self._streams if target in (None, s.target)]
        for stream in there:
            if stream.waiting and record in stream.waiting[0][1]:
                stream.pass_on()
                return self.settle()
        if any(record in shown for stream in there for _, shown in stream.waiting):
            raise Unrealisable(f"other messages come before {record.tag} on its connection")
        for name, to, data, source in reversed(self._datagrams.get(record, [])):
            if target in (None, name) and to.is_open:
                to.arrived(data, source)
                return self.settle()
        self.caught(record, target)
        raise Unrealisable(f"{record.tag} was delivered, or lost, with its connection")

    def disconnect(self, one: str, other: str) -> None:
        """All connections between two processes are lost, with all that is on its way."""
        lost = [s for s in self._streams if {s.source, s.target} == {one, other}]
        for stream in lost:
            stream.waiting.clear()
            stream.to.lost()
        self.settle()

    def settle(self) -> None:
        """Run all that has something to do, and deliver what the model does not have."""
        for _ in range(MOST_ROUNDS):
            for stream in self._streams:
                while stream.waiting and not stream.waiting[0][1]:
                    stream.pass_on()
            self._streams = [s for s in self._streams if s.to.is_open]
            if not self._touched:
                return
            hosts, self._touched = [*self._touched], {}
            for host in hosts:
                host.pump()
        raise RuntimeError("processes answer each other for ever with what the model does not have")

    def taken(self) -> frozenset[Record]:
        self.settle()
        return super().taken()

    # ------------------------------------------------------------ for sockets

    def opened(self, it: Endpoint) -> int:
        """The number of a socket that is new."""
        number = next(self._numbers)
        self.sockets[number] = it
        return number

    def free_port(self) -> int:
        """A port that nobody has."""
        return next(self._ports)

    def bound(self, kind: int, address: Address) -> list[Endpoint]:
        """The sockets that what is sent to an address reaches; several if it is for all."""
        host, port = address
        found = [s for s in self.sockets.values() if s.kind == kind and s.receives_at(port)]
        if host in ("<broadcast>", "255.255.255.255"):
            return found
        mine = [s for s in found if s.own is not None and s.own[0] in (host, "")]
        return mine[:1]

    def stream(self, source: Endpoint, to: Endpoint) -> Direction:
        """A new direction of a connection."""
        stream = Direction(self, source.host.name, to)
        self._streams.append(stream)
        return stream

    def send_datagram(self, data: bytes, source: Endpoint, target: Address) -> None:
        """A datagram leaves; where nobody receives, it is lost."""
        assert source.own is not None
        for to in self.bound(socket.SOCK_DGRAM, target):
            name = to.host.name
            for record in self.send(data, source.host.name, name):
                self._datagrams.setdefault(record, []).append((name, to, data, source.own))

    def touch(self, host: Host) -> None:
        """A process has something to do."""
        self._touched[host] = None

    def _died(self, host: Host) -> None:
        """A process is killed: what it wrote is on its way, what it did not read is lost."""
        for it in [s for s in self.sockets.values() if s.host is host]:
            it.end()
        self._touched.pop(host, None)


def normal(address: Any) -> Address:
    """An address of the internet as it is compared; the host is empty where any will do."""
    host, port, *_ = address
    if host == "localhost":
        host = "127.0.0.1"
    return ("" if host in ("0.0.0.0", "::") else str(host)), int(port)
