"""One node as an operating-system process.

    python -m quorate.impl.cluster.node_process --config FILE

Rules:
- What happens is one JSON object per line on stdout: `listening`, `committed`, `status`,
  `complaint`, `error`, `stopped`. Nothing else is ever written there.
- SIGTERM and SIGINT end it cleanly with status 0; so does, on demand, the end of
  stdin, which is how a child notices that its parent is gone.
- Status 2 is a configuration that cannot run; 1 is a node that had to stop.
- `QUORATE_FAILPOINT` in the environment names a point at which it dies (`failpoints`).

`node_config` says what FILE holds.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import msgspec

from quorate.impl.durable.failpoints import failpoint
from quorate.impl.durable.journal import FileJournal, Journal, nothing
from quorate.impl.durable.record_log import RecordLog
from quorate.impl.durable.slow_disk import SlowDisk
from quorate.impl.errors import ConfigError, ImplError, StorageError
from quorate.impl.paxos.storage import SqliteStore

from .node_config import JOURNAL_FILE, PAXOS, STORE_FILE, NodeConfig, read_config
from .paxos_node import PaxosNode
from .replica_node import ReplicaNode
from .systems import SYSTEMS
from .tcp_host import Log, TcpHost


async def serve(config: NodeConfig, log: Log, *, until_eof: bool = False) -> None:
    """Run one node until a signal (or, on demand, the end of stdin) stops it."""
    data_dir, passing = Path(config.data_dir), failpoint(os.environ)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{data_dir} cannot be created: {error.strerror}.") from None
    with ExitStack() as held:
        journal: Journal | None = None
        if config.journal:
            journal = held.enter_context(closing(FileJournal(data_dir / JOURNAL_FILE)))
        path = data_dir / STORE_FILE
        host: TcpHost
        if config.protocol == PAXOS:
            store = held.enter_context(closing(SqliteStore(path, passing)))
            host = PaxosNode(config, store, log, journal or nothing, passing)
        else:
            kinds = SYSTEMS[config.protocol].records
            disk = SlowDisk(passing)
            records = held.enter_context(closing(RecordLog[Any](path, kinds, disk)))
            host = ReplicaNode(config, records, log, disk, journal)
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, host.stop)
        if until_eof:
            _follow_stdin(loop, host)
        await host.run()


def _follow_stdin(loop: asyncio.AbstractEventLoop, host: TcpHost) -> None:
    """Tell the host each line, and to stop at the end, which a file or a device has at once."""
    rest = b""

    def read() -> None:
        nonlocal rest
        data = os.read(sys.stdin.fileno(), 1 << 16)
        if not data:
            loop.remove_reader(sys.stdin)
            host.stop()
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            host.told(line)

    try:
        loop.add_reader(sys.stdin, read)
    except (OSError, ValueError):  # epoll takes neither files nor /dev/null
        loop.call_soon(host.stop)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m quorate.impl.cluster.node_process", description="Run one node."
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
