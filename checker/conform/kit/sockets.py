"""Sockets for code that has them, in the place of `socket`.

Each class does what the one of its name does in the standard library, between processes of one
`Net`. Blocking calls wait as threads of a `Threads` do; those that do not block need none.
"""

from __future__ import annotations

import _thread
import errno
import socket
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Self

from .host import Host, current
from .net import Address, Direction, Net, normal
from .selecting import OF_SELECTING
from .threads import the_threads
from .waiting import wait


class Socket:
    """A socket of TCP or UDP."""

    def __init__(
        self,
        family: int = socket.AF_INET,
        type: int = socket.SOCK_STREAM,
        proto: int = 0,
        fileno: int | None = None,
    ) -> None:
        host = current()
        if host is None or host.net is None:
            raise RuntimeError(
                "a socket is made outside of a network: "
                "start the processes by Processes(names, start, host=net.hosts())"
            )
        self.host: Host = host
        self.net: Net = host.net
        self.family, self.type, self.proto = family, type, proto
        self.kind = type & ~(socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self.timeout: float | None = socket.getdefaulttimeout()
        self.own: Address | None = None
        self.peer: Address | None = None
        self.is_open = True
        self._number: int = self.net.opened(self)
        self._backlog: deque[Socket] | None = None
        self._bytes = bytearray()
        self._datagrams: deque[tuple[bytes, Address]] = deque()
        self._ended = False  # the other end writes no more
        self._error: OSError | None = None
        self._out: Direction | None = None
        self._io_refs = 0  # files that were made of it
        self._closing = False

    # ------------------------------------------------------------ for the network

    def receives_at(self, port: int) -> bool:
        listens = self.kind == socket.SOCK_DGRAM or self._backlog is not None
        return listens and self.own is not None and self.own[1] == port

    def arrived(self, data: bytes, source: Address | None = None) -> None:
        if not self.is_open:
            return
        if source is not None:
            self._datagrams.append((data, source))
        else:
            self._bytes += data
            self._ended = self._ended or not data
        self.net.touch(self.host)

    def lost(self) -> None:
        if self.is_open:
            self._bytes.clear()
            self._ended, self._out = True, None
            self._error = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
            self.net.touch(self.host)

    def end(self) -> None:
        self._io_refs = 0
        self.close()

    def readable(self) -> bool:
        held = self._bytes or self._datagrams or self._backlog
        return bool(held or self._ended or self._error or not self.is_open)

    def writable(self) -> bool:
        return self._backlog is None

    # ------------------------------------------------------------ connecting

    def bind(self, address: Any) -> None:
        host, port = normal(address)
        port = port or self.net.free_port()
        if any(s.own == (host, port) for s in self.net.bound(self.kind, (host, port))):
            raise OSError(errno.EADDRINUSE, "Address already in use")
        self.own = host, port

    def listen(self, backlog: int = 128) -> None:
        self._bind_anywhere()
        self._backlog = deque()

    def accept(self) -> tuple[Socket, Address]:
        if self._backlog is None:
            raise OSError(errno.EINVAL, "Invalid argument")
        self._wait(self.readable)
        found = self._backlog.popleft()
        assert found.peer is not None
        return found, found.peer

    def connect(self, address: Any) -> None:
        self._check_open()
        self._bind_anywhere()
        if self.kind == socket.SOCK_DGRAM:
            self.peer = normal(address)
            return
        if self._out is not None:
            raise OSError(errno.EISCONN, "Transport endpoint is already connected")
        found = self.net.bound(self.kind, normal(address))
        if not found:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        self.peer = normal(address)
        found[0].asked(self)

    def asked(self, other: Socket) -> None:
        assert self._backlog is not None
        with self.host.entered():
            end = Socket(self.family, self.type, self.proto)
        end.own, end.peer = self.own, other.own
        end._out, other._out = self.net.stream(end, other), self.net.stream(other, end)
        self._backlog.append(end)
        self.net.touch(self.host)

    def connect_ex(self, address: Any) -> int:
        try:
            self.connect(address)
        except OSError as error:
            return int(error.errno or errno.EINVAL)
        return 0

    def shutdown(self, how: int) -> None:
        if how != socket.SHUT_RD and self._out is not None:
            self._out.end()
            self._out = None

    def close(self) -> None:
        self._closing = True
        if not self.is_open or self._io_refs:
            return
        self.shutdown(socket.SHUT_RDWR)
        for waiting in self._backlog or ():
            waiting.close()
        self.is_open = False
        self.net.sockets.pop(self._number)
        self.net.touch(self.host)

    def detach(self) -> int:
        return self._number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ reading and writing

    def send(self, data: Any, flags: int = 0) -> int:
        self.sendall(data)
        return memoryview(data).nbytes

    def sendall(self, data: Any, flags: int = 0) -> None:
        self._check_open()
        if self.kind == socket.SOCK_DGRAM and self.peer is not None:
            self.net.send_datagram(bytes(data), self, self.peer)
            return
        if self._out is None or (self._ended and not self._out.to.is_open):
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        if data:
            self._out.write(bytes(data))

    def sendto(self, data: Any, *rest: Any) -> int:
        self._check_open()
        self._bind_anywhere()
        self.net.send_datagram(bytes(data), self, normal(rest[-1]))
        return len(data)

    def recv(self, size: int, flags: int = 0) -> bytes:
        if self.kind == socket.SOCK_DGRAM:
            return self.recvfrom(size)[0]
        if self.peer is None:
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")
        self._wait(self.readable)
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        found = bytes(self._bytes[:size])
        if not flags & socket.MSG_PEEK:
            del self._bytes[:size]
        return found

    def recvfrom(self, size: int, flags: int = 0) -> tuple[bytes, Address | None]:
        if self.kind != socket.SOCK_DGRAM:
            return self.recv(size, flags), None
        self._wait(self.readable)
        data, source = self._datagrams.popleft()
        return data[:size], source

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        found = self.recv(size or len(buffer), flags)
        memoryview(buffer)[: len(found)] = found
        return len(found)

    def makefile(self, *how: Any, **named: Any) -> Any:
        make: Any = socket.socket.makefile
        return make(self, *how, **named)

    def _decref_socketios(self) -> None:
        self._io_refs = max(0, self._io_refs - 1)
        if self._closing:
            self.close()

    # ------------------------------------------------------------ what is told and set

    def fileno(self) -> int:
        return self._number if self.is_open else -1

    def getsockname(self) -> Address:
        host, port = self.own or ("", 0)
        return host or "0.0.0.0", port

    def getpeername(self) -> Address:
        if self.peer is None:
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")
        return self.peer

    def settimeout(self, seconds: float | None) -> None:
        self.timeout = seconds

    def gettimeout(self) -> float | None:
        return self.timeout

    def setblocking(self, blocking: bool) -> None:
        self.timeout = None if blocking else 0.0

    def getblocking(self) -> bool:
        return self.timeout != 0

    def setsockopt(self, *option: Any) -> None:
        """No option matters here."""

    def getsockopt(self, level: int, option: int, size: int = 0) -> int:
        if option == socket.SO_ERROR and self._error is not None:
            return self._error.errno or 0
        return self.kind if option == socket.SO_TYPE else 0

    # ------------------------------------------------------------

    def _bind_anywhere(self) -> None:
        if self.own is None:
            self.own = "127.0.0.1", self.net.free_port()

    def _check_open(self) -> None:
        if not self.is_open:
            raise OSError(errno.EBADF, "Bad file descriptor")

    def _wait(self, is_ready: Callable[[], bool]) -> None:
        """Wait as long as may be. Raises what a socket does if that is not enough."""
        self._check_open()
        if not is_ready():
            if self.timeout == 0:
                raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
            if not wait(is_ready, self.timeout):
                raise TimeoutError("timed out")
        self._check_open()


def create_connection(
    address: Any, timeout: Any = None, source_address: Any = None, **_: Any
) -> Socket:
    """A socket that is connected."""
    made = Socket()
    if isinstance(timeout, (int, float)):
        made.settimeout(timeout)
    if source_address is not None:
        made.bind(source_address)
    try:
        made.connect(address)
    except OSError:
        made.close()
        raise
    return made


def create_server(address: Any, *, backlog: int | None = None, **_: Any) -> Socket:
    """A socket that listens."""
    made = Socket()
    made.bind(address)
    made.listen()
    return made


def _start_thread(call: Callable[..., object], args: Any, kwargs: Mapping[str, Any] = {}) -> int:
    return id(the_threads("a thread is started").start(lambda: call(*args, **kwargs)))


OF_SOCKETS: dict[Any, Any] = {
    socket.socket: Socket,
    socket.create_connection: create_connection,
    socket.create_server: create_server,
    _thread.start_new_thread: _start_thread,
    **OF_SELECTING,
}
"""What stands in for what."""
