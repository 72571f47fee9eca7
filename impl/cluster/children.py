"""Node processes as children: start, watch their log, kill, and never leave one behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from quorate.impl.envelope import Value
from quorate.impl.errors import ClusterError
from quorate.impl.network.transport import LOOPBACK, Address
from quorate.impl.replicated.replica import Status

from .node_config import NodeConfig

STOP_TIMEOUT_S: Final = 5.0


class LogLine(msgspec.Struct):
    """One line of a node's log."""

    event: str
    value: Value | None = None
    message: str | None = None
    status: Status | None = None
    sent: dict[str, int] | None = None


class NodeProcess:
    """One node of a cluster, through all its lives."""

    def __init__(self, config: NodeConfig, changed: Callable[[NodeProcess, LogLine], None]) -> None:
        self.name = config.name
        self.listening = False
        self.committed: Value | None = None
        self.error: str | None = None
        self.refusal: str | None = None
        self.status: Status | None = None
        self.sent: dict[str, int] = {}
        self._config = config
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None

    @property
    def address(self) -> Address:
        """Where the node listens."""
        return self._config.members[self.name]

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The process's number while it runs."""
        return self._process.pid if self._process is not None and self.alive else None

    async def start(self) -> None:
        """Start it, for the first time or again."""
        self.listening, self.committed, self.error = False, None, None
        self.status, self.sent = None, {}
        config = Path(self._config.data_dir) / "config.json"
        try:
            config.parent.mkdir(parents=True, exist_ok=True)
            config.write_bytes(msgspec.json.encode(self._config))
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "quorate.impl.cluster.node_process"),
                *("--config", str(config), "--until-eof"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise ClusterError(f"{self.name} cannot be started: {error}.") from None
        self._watcher = asyncio.create_task(self._watch(self._process))

    def tell(self, order: Mapping[str, Any]) -> None:
        """Write an order to its stdin, if it runs."""
        if self._process is not None and self._process.stdin is not None and self.alive:
            self._process.stdin.write(msgspec.json.encode(order) + b"\n")

    async def kill(self) -> None:
        """Kill it the hard way (SIGKILL) and wait until it is gone."""
        self._signal(signal.SIGKILL)
        await self._gone()

    async def stop(self) -> None:
        """End it cleanly, or the hard way if that takes too long."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)  # A frozen process sees no other signal.
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._gone()
        except TimeoutError:
            await self.kill()

    def kill_now(self) -> None:
        """Kill without waiting: the last resort when the event loop is going down."""
        self._signal(signal.SIGKILL)

    def _signal(self, signum: signal.Signals) -> None:
        if self._process is not None and self.alive:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signum)

    async def _gone(self) -> None:
        if self._process is not None and self._watcher is not None:
            await asyncio.shield(self._watcher)

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None, "stdout is piped"
        async for line in process.stdout:
            with suppress(msgspec.DecodeError):
                self._note(msgspec.json.decode(line, type=LogLine))
        await process.wait()
        self.listening = False
        self._changed(self, LogLine("exited"))

    def _note(self, line: LogLine) -> None:
        if line.event == "listening":
            self.listening = True
        elif line.event == "committed":
            self.committed = line.value
        elif line.event == "error":
            self.error = line.message
        elif line.event == "refused":
            self.refusal = line.message
        elif line.event == "status":
            self.status, self.sent = line.status, line.sent or {}
        self._changed(self, line)


def free_addresses(count: int) -> list[Address]:
    """Loopback ports that were free a moment ago; all held at once, so that they differ."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [(LOOPBACK, each.getsockname()[1]) for each in sockets]


async def stop_all(processes: Sequence[NodeProcess]) -> None:
    """Stop all children; even if this is interrupted, none survives."""
    try:
        await asyncio.gather(*(process.stop() for process in processes))
    finally:
        for process in processes:
            process.kill_now()
