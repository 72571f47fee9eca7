"""A node on an event loop: sockets, the log of what happens, and how it ends.

Rules:
- What a node says of itself goes to `log`, in words that the process writes to its stdout.
- A node that raises is dead: the error ends `run`, whoever called.
- What the parent process writes to the node is not the network's: nothing that comes over a socket
  can cut a node off or ask for its status.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from quorate.impl.envelope import Envelope
from quorate.impl.network.codec import Codec
from quorate.impl.network.transport import Transport

from .node_config import NodeConfig

Log: TypeAlias = Callable[..., None]


class TcpHost:
    """Serves one node until it is stopped or fails. Subclasses say what the node does."""

    def __init__(
        self,
        config: NodeConfig,
        log: Log,
        codec: Codec[Any],
        admit: Callable[[Envelope[Any]], None],
    ) -> None:
        self._log = log
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport = Transport[Any](
            config.name,
            config.members,
            codec,
            admit,
            lambda envelope: self._guarded(lambda: self.deliver(envelope)),
            lambda what: log("complaint", message=what),
        )

    async def run(self) -> None:
        """Serve until `stop`; an error that the node must not survive is raised from here."""
        async with self._transport:
            self._log("listening")
            self._guarded(self.begin)
            try:
                await self._ended
            finally:
                self.end()

    def stop(self) -> None:
        """End `run` cleanly."""
        if not self._ended.done():
            self._ended.set_result(None)

    def told(self, line: bytes) -> None:
        """The parent process has written a line."""
        self._guarded(lambda: self.obey(line))

    def send(self, envelope: Envelope[Any]) -> None:
        """Hand a message to the network."""
        self._transport.send(envelope)

    def begin(self) -> None:
        """The node listens."""

    def end(self) -> None:
        """The node serves no longer."""

    def deliver(self, envelope: Envelope[Any]) -> None:
        """A message has arrived."""
        raise NotImplementedError

    def obey(self, line: bytes) -> None:
        """A line of the parent process."""
        self._log("complaint", message=f"found {line!r} on stdin, expected nothing")

    def _guarded(self, action: Callable[[], None]) -> None:
        if self._ended.done():
            return
        try:
            action()
        except Exception as error:
            self._ended.set_exception(error)
