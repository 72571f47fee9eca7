"""A deterministic event loop for asyncio code, which runs until nothing is left to do.

There are no threads and no waiting: time is a `Clock`, and callbacks run in the order in which they
became ready, so that the same steps give the same run. Datagrams are handed to the adapter.
"""

from __future__ import annotations

import asyncio
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any, TypeVar

from .clock import Clock
from .host import Host

T = TypeVar("T")


Address = Any
"""What the code sends to and receives from, such as a host and a port."""


class EventLoop(Host, asyncio.AbstractEventLoop):
    """A pumped event loop: `run` starts coroutines, `pump` and `advance` run what is ready.

    `send(data, source, target)` is called with each datagram that the code sends.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        seed: int = 0,
        send: Callable[[bytes, Address, Address], object] | None = None,
    ) -> None:
        super().__init__(clock, seed)
        self._send = send
        self._endpoints: dict[Address, asyncio.DatagramProtocol] = {}
        self._ready: deque[asyncio.Handle] = deque()
        self._failures: list[BaseException] = []
        self._running = self._closed = False

    # ------------------------------------------------------------ for adapters

    def run(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a coroutine, and run until nothing is left to do: it may still wait for time."""
        task = self.create_task(work)
        self.pump()
        if task.done() and not task.cancelled():
            task.result()
        return task

    def pump(self) -> None:
        """Run until nothing is left to do. Raises what a callback raised."""
        with self.entered():
            self._running = True
            try:
                while self._ready:
                    handle = self._ready.popleft()
                    if not handle.cancelled():
                        handle._run()
            finally:
                self._running = False
        if self._failures:
            raise self._failures.pop(0)

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        with self.entered():
            result = function(*args)
        if not asyncio.iscoroutine(result):
            self.pump()
            return result
        task = self.run(result)
        return task.result() if task.done() else None

    def receive(self, data: bytes, source: Address, target: Address) -> None:
        """Deliver a datagram, and run until nothing is left to do."""
        self.call(self._endpoints[target].datagram_received, data, source)

    @contextmanager
    def entered(self) -> Iterator[None]:
        before = events._get_running_loop()
        events._set_running_loop(self)
        try:
            with super().entered():
                yield
        finally:
            events._set_running_loop(before)

    # ------------------------------------------------------------ what asyncio asks for

    def time(self) -> float:
        return self.clock.time()

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self.clock.call_at(when, self._ready.append, handle)
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """A handle that is cancelled does not run."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, **how: Any) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=self, **how)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """The call is made at once: there are no threads."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def run_until_complete(self, future: Any) -> Any:
        """Run until this is done, letting time pass where everything waits for it."""
        task = asyncio.ensure_future(future, loop=self)
        self.pump()
        while not task.done():
            if (when := self.clock.next()) is None:
                raise RuntimeError("it waits for what never comes: nothing is left to do")
            self.advance(max(0.0, when - self.time()))
        return task.result()

    async def create_datagram_endpoint(  # type: ignore[override]
        self, protocol_factory: Callable[[], Any], local_addr: Address = None, **_: Any
    ) -> tuple[Datagrams, Any]:
        """An endpoint whose datagrams the adapter is handed, and may deliver by `receive`."""
        protocol = protocol_factory()
        transport = Datagrams(self, local_addr)
        self._endpoints[local_addr] = protocol
        protocol.connection_made(transport)
        return transport, protocol

    def send_datagram(self, data: bytes, source: Address, target: Address) -> None:
        """A datagram leaves; without anybody to hand it to it is lost."""
        if self._send is not None:
            self._send(data, source, target)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if "handle" in context and isinstance(error := context.get("exception"), BaseException):
            self._failures.append(error)

    def is_running(self) -> bool:
        return self._running

    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True
        super().close()

    def get_debug(self) -> bool:
        return False

    async def shutdown_asyncgens(self) -> None:
        """None are kept."""


class Datagrams(asyncio.DatagramTransport):
    """What an endpoint sends by."""

    def __init__(self, loop: EventLoop, address: Address) -> None:
        super().__init__({"sockname": address})
        self._loop, self._address, self._closing = loop, address, False

    def sendto(self, data: Any, addr: Address = None) -> None:
        self._loop.send_datagram(bytes(data), self._address, addr)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    def abort(self) -> None:
        self.close()
