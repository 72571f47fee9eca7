"""One node as an operating-system process: `python -m quorate.impl.node_process --config FILE`.

Rules:
- What happens is one JSON object per line on stdout: `listening`, `committed`,
  `complaint`, `error`, `stopped`. Nothing else is ever written there.
- SIGTERM and SIGINT end it cleanly with status 0; so does, on demand, the end of
  stdin, which is how a child notices that its parent is gone.
- Status 2 is a configuration that cannot run; 1 is a node that had to stop.
- `QUORATE_FAILPOINT` in the environment names a point at which it dies (`failpoints`).

FILE is JSON; `composition`, the name of a defect, may be left out:

    {"name": "n0", "members": {"n0": ["127.0.0.1", 7000]}, "data_dir": "data/n0"}
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import msgspec

from .defects import COMPOSITIONS
from .errors import ConfigError, ImplError, StorageError
from .failpoints import Passing, failpoint
from .host import Node
from .journal import FileJournal, Journal, nothing
from .messages import Envelope, Value
from .network import Transport
from .storage import SqliteStore, Store

STORE_FILE: Final = "node.sqlite"
JOURNAL_FILE: Final = "journal.jsonl"


class NodeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node's name, the address of every member, its data directory, and which roles it runs."""

    name: str
    members: dict[str, tuple[str, int]]
    data_dir: str
    composition: str = "healthy"
    journal: bool = False  # whether to keep one, in the data directory


def read_config(path: Path) -> NodeConfig:
    """Read and check a configuration file."""
    try:
        config = msgspec.json.decode(path.read_bytes(), type=NodeConfig)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not a node configuration: {error}.") from None
    if config.name not in config.members:
        raise ConfigError(f"{path}: {config.name!r} is not among the members.")
    if config.composition not in COMPOSITIONS:
        raise ConfigError(f"{path}: there is no composition {config.composition!r}.")
    return config


class TcpHost:
    """Gives a node its services on an event loop: sockets, timers, and the log."""

    def __init__(
        self,
        config: NodeConfig,
        store: Store,
        log: Callable[..., None],
        journal: Journal,
        passing: Passing,
    ) -> None:
        self._name = config.name
        self._log = log
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport = Transport(config.name, config.members, self._on_envelope, self._complain)
        self._node = Node(
            config.name,
            tuple(config.members),
            store,
            self,
            COMPOSITIONS[config.composition],
            journal=journal,
            passing=passing,
        )

    async def run(self) -> None:
        """Serve until `stop`; an error that the node must not survive is raised from here."""
        async with self._transport:
            self._log("listening")
            self._guarded(self._node.start)
            try:
                await self._ended
            finally:
                for timer in self._timers.values():
                    timer.cancel()

    def stop(self) -> None:
        """End `run` cleanly."""
        if not self._ended.done():
            self._ended.set_result(None)

    def send(self, envelope: Envelope) -> None:
        """Service: hand a message to the network."""
        self._transport.send(envelope)

    def set_timer(self, name: str, delay_s: float) -> None:
        """Service: ring later, instead of an earlier timer of that name."""
        if name in self._timers:
            self._timers[name].cancel()
        self._timers[name] = asyncio.get_running_loop().call_later(
            delay_s, lambda: self._guarded(lambda: self._node.timeout(name))
        )

    def committed(self, value: Value) -> None:
        """Service: the value is known here."""
        self._log("committed", value=value)

    def _on_envelope(self, envelope: Envelope) -> None:
        self._guarded(lambda: self._node.deliver(envelope))

    def _guarded(self, action: Callable[[], None]) -> None:
        """A node that raises is dead: carry the error to `run`, whoever called."""
        if self._ended.done():
            return
        try:
            action()
        except Exception as error:
            self._ended.set_exception(error)

    def _complain(self, what: str) -> None:
        self._log("complaint", message=what)


async def serve(config: NodeConfig, log: Callable[..., None], *, until_eof: bool = False) -> None:
    """Run one node until a signal (or, on demand, the end of stdin) stops it."""
    data_dir, passing = Path(config.data_dir), failpoint(os.environ)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{data_dir} cannot be created: {error.strerror}.") from None
    with ExitStack() as cleanup:
        store = SqliteStore(data_dir / STORE_FILE, passing)
        cleanup.callback(store.close)
        journal: Journal = nothing
        if config.journal:
            journal = file = FileJournal(data_dir / JOURNAL_FILE)
            cleanup.callback(file.close)
        host = TcpHost(config, store, log, journal, passing)
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, host.stop)
        if until_eof:
            _at_the_end_of_stdin(loop, host.stop)
        await host.run()


def _at_the_end_of_stdin(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Call `stop` when stdin has ended; it has, if it is closed, a file or a device."""
    try:
        loop.add_reader(sys.stdin, stop)
    except (OSError, ValueError):  # epoll takes neither files nor /dev/null
        loop.call_soon(stop)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m quorate.impl.node_process", description="Run one Paxos node."
    )
    parser.add_argument("--config", type=Path, required=True, help="a JSON configuration file")
    parser.add_argument("--until-eof", action="store_true", help="also stop when stdin ends")
    options = parser.parse_args(arguments)
    try:
        config = read_config(options.config)
    except ConfigError as error:
        _write({"event": "error", "message": str(error)})
        return 2
    return _serve_logged(config, until_eof=options.until_eof)


def _serve_logged(config: NodeConfig, *, until_eof: bool) -> int:
    def log(event: str, **fields: Any) -> None:
        _write({"event": event, "node": config.name, **fields})

    try:
        asyncio.run(serve(config, log, until_eof=until_eof))
    except ImplError as error:
        log("error", message=str(error))
        return 2 if isinstance(error, ConfigError) else 1
    except BrokenPipeError:
        return 1  # Whoever read the log is gone; there is nobody left to tell.
    log("stopped")
    return 0


def _write(line: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
